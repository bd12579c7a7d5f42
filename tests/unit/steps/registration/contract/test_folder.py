"""What stands in the way of a folder that has a saved_model.pb."""

import os
from pathlib import Path

import pytest

from steps.registration.contract.folder import find_obstacle


@pytest.fixture
def saved_model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"graph")
    return folder


def test_links_inside_and_an_editors_lock_are_none(saved_model: Path) -> None:
    (saved_model / "again").symlink_to("variables")
    (saved_model / ".#saved_model.pb").symlink_to("somebody@host.1234")
    assert find_obstacle(saved_model) is None


def test_a_link_that_leads_out_is_one(saved_model: Path, tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    (saved_model / "assets").symlink_to("../weights")
    found = find_obstacle(saved_model)
    assert found is not None
    assert found.what == f"assets is a link that leads out of the folder, to {tmp_path}/weights."
    assert found.mend == "Put in its place what it leads to (cp -rL copies so), or remove it."


def test_a_pipe_is_one(saved_model: Path) -> None:
    os.mkfifo(saved_model / "pipe")
    found = find_obstacle(saved_model)
    assert found is not None
    assert (found.what, found.mend) == ("pipe is neither a file nor a folder.", "Remove it.")


def test_a_name_that_can_not_be_stored_is_one(saved_model: Path) -> None:
    (saved_model / os.fsdecode(b"\xff")).touch()
    found = find_obstacle(saved_model)
    assert found is not None
    assert (found.what, found.mend) == (r"The file '\udcff' can't be stored: its name isn't UTF-8.", "Rename it.")
