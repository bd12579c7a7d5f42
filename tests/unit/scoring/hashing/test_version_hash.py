"""Of a version, every byte counts, and none is used before that is known."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from scoring import service
from scoring.contract import Contract, Input, Task, Tensor, write_contract
from scoring.errors import StartupError
from scoring.hashing.tree_hash import code_hash
from scoring.hashing.version_hash import VARIABLE, begin, check_version, version_hash
from scoring.settings import ServiceSettings, read_settings
from steps.scoring_environment import ROOT
from steps.scoring_source import scoring_hash

JPEG = Tensor(name="jpegs", dtype="string", shape=(None,))
SCORES = Tensor(name="scores", dtype="float32", shape=(None, 10))
CONTRACT = Contract(
    signature="s", input=Input(kind="jpeg", tensors=(JPEG,)), task=Task(kind="classification", outputs=(SCORES,))
)


@pytest.fixture
def version(tmp_path: Path) -> Path:
    """What a service sees as AZUREML_MODEL_DIR."""
    folder = tmp_path / "digits" / "7" / "version"
    (folder / "model" / "variables").mkdir(parents=True)
    (folder / "model" / "saved_model.pb").write_bytes(b"a graph")
    (folder / "model" / "variables" / "variables.index").write_bytes(b"")
    (folder / "probe").write_bytes(b"a request")
    write_contract(CONTRACT, folder)
    return folder.parent


def of_other_labels(version: Path) -> None:
    named = CONTRACT.task.model_copy(update={"labels": tuple(map(str, range(10)))})
    write_contract(CONTRACT.model_copy(update={"task": named}), version / "version")


def with_another_byte(version: Path) -> None:
    (version / "version" / "model" / "saved_model.pb").write_bytes(b"A graph")


def with_a_file_more(version: Path) -> None:
    (version / "version" / "model" / "assets.extra").mkdir()
    (version / "version" / "model" / "assets.extra" / "frozen").touch()


def with_a_file_renamed(version: Path) -> None:
    (version / "version" / "probe").rename(version / "version" / "prob")


@pytest.mark.parametrize("change", [of_other_labels, with_another_byte, with_a_file_more, with_a_file_renamed])
def test_a_version_that_was_changed_keeps_the_service_from_starting(
    version: Path, change: Callable[[Path], None]
) -> None:
    hashed = version_hash(version)
    assert check_version(version, hashed) == hashed
    change(version)

    with pytest.raises(StartupError) as caught:
        service.start({"AZUREML_MODEL_DIR": str(version), VARIABLE: hashed})

    said = str(caught.value)
    assert said.startswith(f"The files of digits:7 have the hash {version_hash(version)}, but {VARIABLE} is {hashed}")


def test_the_same_files_elsewhere_are_the_same_version(version: Path, tmp_path: Path) -> None:
    shutil.copytree(version, tmp_path / "elsewhere" / "8")
    assert version_hash(tmp_path / "elsewhere" / "8") == version_hash(version)


def test_what_was_begun_is_what_is_checked(version: Path) -> None:
    hashed = version_hash(version)
    begin({"AZUREML_MODEL_DIR": str(version)})
    assert check_version(version, hashed) == hashed
    with_another_byte(version)
    with pytest.raises(StartupError):  # it is read anew for whoever asks again
        check_version(version, hashed)
    begin({})


def test_a_version_that_is_not_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "version").mkdir()
    (tmp_path / "version" / "file").symlink_to(tmp_path / "version")
    begin({"AZUREML_MODEL_DIR": str(tmp_path / "nothing")})
    with pytest.raises(StartupError, match="have the hash"):
        check_version(tmp_path / "nothing", "0" * 64)


@pytest.mark.parametrize("text", ["0" * 63, "0" * 63 + "G", "A" * 64, "-"])
def test_a_variable_that_is_no_hash_is_refused(text: str) -> None:
    with pytest.raises(StartupError, match=f"{VARIABLE}=.* must be 64 hexadecimal digits"):
        read_settings({VARIABLE: text})
    assert read_settings({}) == ServiceSettings()


def test_the_service_knows_its_code_as_the_release_does() -> None:
    assert code_hash() == scoring_hash(ROOT)
