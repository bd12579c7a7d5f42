import shutil
from pathlib import Path

import pytest

from config.errors import ConfigError
from pipelines.scaffold.writing import paths_of, schema_of, write

ROOT = Path(__file__).resolve().parents[4]
GOOD, BAD = "validation: {accuracy_floor: 0.9}\n", "validation: {accuracy: 0.9}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "config" / "targets", tmp_path / "targets")
    monkeypatch.setenv("AMLGPU_CONFIG", str(tmp_path))
    return tmp_path


def test_the_files_lie_in_the_folder_of_the_settings(folder: Path) -> None:
    file, labels = paths_of("pets", overwrite=False)

    settings = write("pets", {labels: "cat\ndög\n", file: GOOD}, None)

    assert (settings.service.name, settings.target) == ("pets", "local")
    assert settings.options == f"--target local --service pets --config {folder}"
    assert labels.read_text(encoding="utf-8") == "cat\ndög\n"
    assert sorted(path.name for path in (folder / "services").iterdir()) == ["pets.txt", "pets.yml"]


@pytest.mark.parametrize("name", ["pets.yml", "pets.txt"])
def test_a_file_that_is_there_is_left_unless_it_may_be_replaced(folder: Path, name: str) -> None:
    (folder / "services").mkdir()
    (folder / "services" / name).write_text("mine")

    with pytest.raises(ConfigError, match=rf"{name}: there already: .*--name.*--overwrite"):
        paths_of("pets", overwrite=False)

    assert paths_of("pets", overwrite=True)[0] == folder / "services" / "pets.yml"


def test_what_cannot_be_read_back_changes_nothing(folder: Path) -> None:
    file, labels = paths_of("pets", overwrite=False)
    with pytest.raises(ConfigError, match="unknown key"):
        write("pets", {labels: "cat\n", file: BAD}, None)
    assert list((folder / "services").iterdir()) == []

    write("pets", {file: GOOD}, None)
    with pytest.raises(ConfigError, match="unknown key"):
        write("pets", {labels: "cat\n", file: BAD}, None)
    assert file.read_text() == GOOD
    assert not labels.exists()


def test_only_the_projects_own_folder_has_a_schema(folder: Path) -> None:
    assert schema_of(folder / "services" / "pets.yml") is None
    assert schema_of(ROOT / "config" / "services" / "pets.yml") == "../service.schema.json"
