from pathlib import Path

import pytest

from config.errors import ConfigError
from config.settings import load_settings

SERVICE = """
service: {enable_gpu: true, gpu_cores: 1, cpu_cores: 1.0, memory_gb: 2.0, replicas: 1}
validation: {require_gpu: false}
"""


@pytest.fixture
def services(team: Path) -> Path:
    """The folder of two services that leave their names to their files'."""
    (team / "services" / "digits.yml").unlink()
    for name in ("cats", "dogs"):
        (team / "services" / f"{name}.yml").write_text(SERVICE)
    return team / "services"


def load(services: Path, service: str, target: str = "dev", overrides: dict[str, str] | None = None) -> str:
    environ = {"AMLGPU_CONFIG": str(services.parent)}
    return load_settings(target, overrides, environ, service).service.name


def test_services_that_leave_their_names_to_their_files_never_meet(services: Path) -> None:
    assert [load(services, name) for name in ("cats", "dogs")] == ["cats", "dogs"]


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("service", "name", "cats"),
        ("pipeline", "name", "Cats-Release"),
        ("pipeline", "endpoint", "cats-release"),
        ("schedule", "name", "cats-release"),
    ],
)
def test_either_of_two_that_share_a_name_is_refused(services: Path, section: str, key: str, value: str) -> None:
    (services / "dogs.yml").write_text(f"{SERVICE}targets: {{dev: {{{section}: {{{key}: {value}}}}}}}\n")

    with pytest.raises(ConfigError) as dogs:
        load(services, "dogs")
    with pytest.raises(ConfigError) as cats:
        load(services, "cats")

    said = str(dogs.value).replace(f"{services}/", "")
    assert said.startswith(
        f"dogs.yml (targets.dev): {section}.{key} = '{value}' is the service cats's too on dev (cats"
    )
    assert f"the service dogs's too on dev ({services}/dogs.yml (targets.dev))" in str(cats.value)
    assert load(services, "dogs", "prod") == "dogs"


def test_a_name_of_the_command_line_may_not_be_anothers_either(services: Path) -> None:
    with pytest.raises(ConfigError, match=r"--set service\.name: service\.name = 'cats' is the service cats's too"):
        load(services, "dogs", overrides={"service.name": "cats"})
    assert load(services, "dogs", overrides={"service.name": "wolves"}) == "wolves"


def test_two_services_may_serve_the_same_model(services: Path) -> None:
    (services / "dogs.yml").write_text(f"{SERVICE}model: {{name: cats}}\n")
    assert load(services, "dogs") == "dogs"
