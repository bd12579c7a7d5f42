"""Files that couldn't be stored are named before anything is sent."""

import os
from pathlib import Path

import pytest

from steps.registration.contract.folder import find_obstacle
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


@pytest.mark.parametrize("name", ["saved_model.pb", "variables"])
def test_what_a_model_only_links_to_is_refused(tmp_path: Path, name: str) -> None:
    for folder in ("model", "elsewhere"):
        (tmp_path / folder).mkdir()
    (tmp_path / "elsewhere" / "graph").write_bytes(b"graph")
    (tmp_path / "model" / "saved_model.pb").write_bytes(b"graph")
    (tmp_path / "model" / name).unlink(missing_ok=True)
    (tmp_path / "model" / name).symlink_to(tmp_path / "elsewhere" / ("graph" if "." in name else ""))

    found = find_obstacle(tmp_path / "model")

    assert found is not None
    assert found.what.startswith(f"{name} is a link that leads out of the folder, to ")
    assert "cp -rL" in found.mend
