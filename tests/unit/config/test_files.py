from pathlib import Path

import pytest

from config.errors import ConfigError
from config.loading.folder import FOLDER
from config.settings import Settings, load_settings
from tests.unit.config.conftest import edit

SERVICE = """
service: {enable_gpu: true, gpu_cores: 1, cpu_cores: 1.0, memory_gb: 2.0, replicas: 1}
validation: {require_gpu: true}
environment: {name: of-the-service}
targets:
  prod:
    service: {replicas: 2}
    environment: {conda_file: of-prod.yml}
"""


@pytest.fixture
def letters(team: Path) -> Path:
    """The file of the only service."""
    (team / "services" / "digits.yml").unlink()
    file = team / "services" / "letters.yml"
    file.write_text(SERVICE)
    return file


def load(file: Path, target: str, **variables: str) -> Settings:
    return load_settings(target, environ={"AMLGPU_CONFIG": str(file.parents[1]), **variables})


def refusal(file: Path, target: str = "prod") -> str:
    with pytest.raises(ConfigError) as caught:
        load(file, target)
    return str(caught.value).replace(f"{file.parents[2]}/", "")


def test_names_in_the_workspace_follow_from_the_file(letters: Path) -> None:
    for target in ("local", "prod"):
        settings = load(letters, target)
        assert (settings.model.name, settings.service.name) == ("letters", "letters")
        names = {settings.pipeline.name, settings.pipeline.endpoint, settings.schedule.name}
        assert names == {"letters-release"}


def test_names_that_are_written_down_continue_what_is_there(letters: Path) -> None:
    letters.write_text(SERVICE + "  dev: {service: {name: letters-dev}}\npipeline: {endpoint: gpu-release}\n")
    dev, prod = load(letters, "dev"), load(letters, "prod")
    assert (dev.service.name, prod.service.name) == ("letters-dev", "letters")
    assert (dev.pipeline.endpoint, dev.pipeline.name) == ("gpu-release", "letters-release")


def test_later_layers_win(letters: Path) -> None:
    target = letters.parents[1] / "targets" / "prod.yml"
    target.write_text(target.read_text() + "environment: {name: of-the-target, base_image: of-the-target}\n")

    settings = load(letters, "prod", AMLGPU_ENVIRONMENT__CONDA_FILE="of-the-variable.yml")

    environment = settings.environment
    assert (environment.base_image, environment.name) == ("of-the-target", "of-the-service")
    assert environment.conda_file == "of-the-variable.yml"
    assert (settings.service.replicas, load(letters, "local").service.replicas) == (2, 1)
    assert load(letters, "prod").environment.conda_file == "of-prod.yml"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "cluster: {nodes: 3}",
            "team/services/letters.yml: cluster says where, not what is served: it belongs in team/targets/NAME.yml",
        ),
        ("targets: {prod: {compute: {}}}", "team/services/letters.yml (targets.prod): compute says where"),
        ("targets: {prd: {}}", "team/services/letters.yml: targets.prd: there is no such target; did you mean prod?"),
        ("targets: [prod]", "team/services/letters.yml: targets = ['prod']: must hold names of targets"),
        ("targets: {dev: 3}", "team/services/letters.yml (targets.dev): must hold sections"),
        ("targets: {prod: {targets: {}}}", "team/services/letters.yml (targets.prod): unknown section targets"),
        ("servce: {}", "team/services/letters.yml: unknown section servce: did you mean service?"),
        ("options: {}", "team/services/letters.yml: unknown section options"),
        ("service: {replicas: 0}", "team/services/letters.yml: service.replicas = 0"),
        ("targets: {prod: {service: {replicas: 0}}}", "team/services/letters.yml (targets.prod): service.replicas = 0"),
        (
            "task: {labels: /etc/passwd}",
            "team/services/letters.yml: task.labels = '/etc/passwd': must be a path inside",
        ),
    ],
)
def test_what_is_wrong_in_a_services_file_is_named_with_its_place(letters: Path, text: str, said: str) -> None:
    letters.write_text(text)
    assert said in refusal(letters)


def test_what_is_wrong_on_another_target_does_not_hinder_this_one(letters: Path) -> None:
    edit(letters, "replicas: 2", "replicas: 0")
    assert load(letters, "dev").service.replicas == 1


@pytest.mark.parametrize("section", ["service", "targets", "pipeline"])
def test_what_is_served_is_not_said_in_a_targets_file(letters: Path, section: str) -> None:
    target = letters.parents[1] / "targets" / "prod.yml"
    target.write_text(f"{section}: {{}}")
    assert refusal(letters) == (
        f"team/targets/prod.yml: {section} says what is served, not where: it belongs in team/services/NAME.yml, and "
        "what is meant for prod alone below `targets: prod:` there"
    )


def test_a_rule_about_both_files_names_both(letters: Path) -> None:
    edit(letters, "{replicas: 2}", "{replicas: 5}")
    said = refusal(letters)
    assert said.startswith(
        "team/targets/prod.yml with team/services/letters.yml, team/services/letters.yml (targets.prod"
    )
    assert "service.replicas=5" in said


def test_the_local_workspace_is_a_key_and_not_a_name(letters: Path) -> None:
    targets = letters.parents[1] / "targets"
    (targets / "local.yml").rename(targets / "laptop.yml")
    (targets / "dev.yml").rename(targets / "local.yml")
    assert load(letters, "laptop").workspace.local
    assert not load(letters, "local").workspace.local


def test_options_lead_to_the_same_settings_again(letters: Path) -> None:
    folder = str(letters.parents[1])
    settings = load_settings("prod", {"model.name": "my model's"[:2]}, {"AMLGPU_CONFIG": folder})
    assert settings.options == f"--target prod --service letters --config {folder} --set model.name=my"
    quoted = load_settings("prod", {"workspace.name": "of the team"}, {"AMLGPU_CONFIG": folder}).options
    assert quoted.endswith("--set 'workspace.name=of the team'")


def test_the_service_of_the_documentation_loads_on_every_target(team: Path) -> None:
    page = (FOLDER.parent / "docs" / "settings.md").read_text()
    block = page.partition("```yaml\n")[2].partition("```")[0]
    file = team / "services" / "letters.yml"
    file.write_text(block)
    for target, replicas in (("local", 1), ("dev", 1), ("prod", 2)):
        settings = load(file, target, AMLGPU_SERVICE="letters")
        assert (settings.service.name, settings.service.replicas) == ("letters", replicas)
