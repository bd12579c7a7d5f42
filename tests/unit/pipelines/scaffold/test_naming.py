from pathlib import Path

import pytest

from config.errors import ConfigError
from pipelines.scaffold.naming import service_name


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("pets", "pets"),
        ("Pets Export_v2", "pets-export-v2"),
        ("models/pets/3", "pets"),
        ("pets/.", "pets"),
        ("a" * 31 + "-" + "b" * 9, "a" * 31),
    ],
)
def test_a_service_is_called_by_its_models_folder(
    folder: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert service_name(None, Path(folder)) == name
    assert service_name("mine", Path(folder)) == "mine"


@pytest.mark.parametrize("folder", ["m", "9lives", "Ü/42"])
def test_a_folder_that_cannot_be_a_name_asks_for_one(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="give it a name with --name"):
        service_name(None, Path(folder))


@pytest.mark.parametrize("name", ["", "Pets", "../pets", "pe", "pets-", "p" * 33, "a/b"])
def test_a_name_that_cannot_be_one_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=r"--name .*: the name of a service has 3 to 32 of a-z"):
        service_name(name, Path("pets"))
