from pathlib import Path

import pytest

from config.errors import ConfigError
from config.settings import Settings, load_all_settings, load_settings
from tests.unit.config.conftest import edit


def load(folder: Path, target: str | None = None, service: str | None = None, **variables: str) -> Settings:
    return load_settings(target, environ={"AMLGPU_CONFIG": str(folder), **variables}, service=service)


@pytest.fixture
def two(team: Path) -> Path:
    """The team's folder, with a service beside digits."""
    text = (team / "services" / "digits.yml").read_text()
    (team / "services" / "letters.yml").write_text(text.replace("digits", "letters").replace("gpu-", "abc-"))
    return team


@pytest.mark.parametrize("name", ["../targets/dev", "/etc/passwd", "digits.yml", "Digits", ".", "*"])
def test_only_the_name_of_a_file_that_is_there_is_taken(team: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="there is no such service"):
        load(team, "dev", name)
    with pytest.raises(ConfigError, match="there is no such target"):
        load(team, name)


@pytest.mark.parametrize("file", ["My Letters.yml", "-x.yml", "x-.yml", "letters.yaml", "ä.yml", f"{'x' * 33}.yml"])
@pytest.mark.parametrize("kind", ["targets", "services"])
def test_a_file_that_could_not_be_a_name_is_refused(team: Path, kind: str, file: str) -> None:
    (team / kind / file).write_text("{}")
    with pytest.raises(ConfigError, match=f"team/{kind}/{file}: name it NAME.yml"):
        load(team, "dev")


def test_what_editors_and_folders_leave_is_no_name(team: Path) -> None:
    (team / "services" / ".#digits.yml").write_text("")
    (team / "services" / "old.yml").mkdir()
    (team / "services" / "labels.txt").touch()
    assert load(team, "dev").service_file == "digits"


def test_without_local_the_only_target_is_meant_and_of_several_one_has_to_be_chosen(team: Path) -> None:
    for name in ("local.yml", "local-v2.yml"):
        (team / "targets" / name).unlink()
    edit(team / "services" / "digits.yml", "  local:", "  dev-2:")
    (team / "targets" / "dev-2.yml").write_text((team / "targets" / "dev.yml").read_text())
    with pytest.raises(ConfigError, match=r"choose one with --target \(or AMLGPU_TARGET\): dev, dev-2, prod"):
        load(team)
    text = (team / "services" / "digits.yml").read_text()
    (team / "services" / "digits.yml").write_text(text.partition("\ntargets:")[0])
    for target in ("dev", "dev-2"):
        (team / "targets" / f"{target}.yml").unlink()
    assert load(team).target == "prod"


def test_a_service_comes_from_argument_then_environment_then_is_the_only_one(two: Path) -> None:
    assert load(two, "dev", "letters", AMLGPU_SERVICE="digits").service_file == "letters"
    assert load(two, "dev", AMLGPU_SERVICE="digits").service_file == "digits"
    with pytest.raises(ConfigError, match=r"choose one with --service \(or AMLGPU_SERVICE\): digits, letters"):
        load(two, "dev", AMLGPU_SERVICE="")
    with pytest.raises(ConfigError, match="AMLGPU_SERVICE = 'leters': there is no such service; did you mean letters"):
        load(two, "dev", AMLGPU_SERVICE="leters")
    (two / "services" / "digits.yml").unlink()
    assert load(two, "dev").service_file == "letters"


def test_all_services_are_loaded_but_those_that_are_left_out(two: Path) -> None:
    environ = {"AMLGPU_CONFIG": str(two)}
    assert [one.service_file for one in load_all_settings("dev", environ=environ)] == ["digits", "letters"]
    assert [one.service_file for one in load_all_settings("dev", environ=environ, without={"digits"})] == ["letters"]


@pytest.mark.parametrize("kind", ["target", "service"])
def test_a_folder_without_any_says_so(team: Path, kind: str) -> None:
    for file in (team / f"{kind}s").iterdir():
        file.unlink()
    with pytest.raises(ConfigError, match=f"team/{kind}s: holds no {kind}: write one, {kind}s/NAME.yml"):
        load(team)
    if kind == "service":
        with pytest.raises(ConfigError, match="holds no service"):
            load_all_settings("dev", environ={"AMLGPU_CONFIG": str(team)})
