"""Files that couldn't be stored are named before anything is sent."""

import os
from pathlib import Path

import pytest

from config.errors import ModelError
from steps.registration.contract.folder import find_obstacle
from steps.registration.saved_model import content_hash
from steps.stored_names import LONGEST, unstorable
from steps.validation.samples.checking import check_samples

UNSTORABLE = {
    b"new\nline.jpg": r"the file 'new\nline.jpg' can't be stored: its name holds a control character: rename it",
    b"bell\x07.jpg": r"the file 'bell\x07.jpg' can't be stored: its name holds a control character: rename it",
    b"caf\xe9.jpg": r"the file 'caf\udce9.jpg' can't be stored: its name isn't UTF-8: rename it",
    b".amlgpu-unfinished": "the file '.amlgpu-unfinished' can't be stored: this name marks an upload that isn't "
    "finished: rename it, or remove it",
}


def with_file(folder: Path, name: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(b"\xff\xd8\xff\xe0")
    return folder


@pytest.mark.parametrize(("name", "problem"), UNSTORABLE.items())
def test_validation_data_is_checked_for_it(tmp_path: Path, name: bytes, problem: str) -> None:
    (tmp_path / "labels.csv").write_text("file,label\n")

    assert check_samples(with_file(tmp_path, name), None) == [f"{tmp_path.name}: {problem}"]


@pytest.mark.parametrize("name", UNSTORABLE)
def test_so_is_a_model(tmp_path: Path, name: bytes) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"graph")

    found = find_obstacle(with_file(tmp_path, name))

    assert found is not None
    assert found.what.startswith("The file '")
    assert found.mend.startswith("Rename it")


def test_a_folder_that_a_model_only_links_to_would_not_be_uploaded(tmp_path: Path) -> None:
    for name in ("model", "elsewhere"):
        (tmp_path / name).mkdir()
    (tmp_path / "elsewhere" / "graph").write_bytes(b"graph")
    (tmp_path / "model" / "saved_model.pb").symlink_to(tmp_path / "elsewhere" / "graph")
    assert find_obstacle(tmp_path / "model") is None

    (tmp_path / "model" / "variables").symlink_to(tmp_path / "elsewhere")
    found = find_obstacle(tmp_path / "model")

    assert found is not None
    assert found.what == "variables is a link to a folder, or to what isn't there, and isn't uploaded."


def test_a_name_that_is_not_utf_8_has_no_hash(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="its name isn't UTF-8: rename it"):
        content_hash(with_file(tmp_path, b"caf\xe9.jpg"))


def test_a_path_that_is_too_long_is_shortened_in_the_message_too() -> None:
    (problem,) = unstorable(["a/" * LONGEST])

    assert problem.endswith("can't be stored: its path has 1,800 characters, of 900 at most: shorten it")
    assert len(problem) < LONGEST


def test_other_names_are_anybody_s() -> None:
    names = ["a b.jpg", "déjà vu/日本.jpg", "#%?&+.jpg", "deep/.amlgpu-unfinished", "😀.jpg"]

    assert list(unstorable(names)) == []
