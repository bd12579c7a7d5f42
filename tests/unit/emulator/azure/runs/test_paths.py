"""Links at the places that steps ask for their data."""

from pathlib import Path

import pytest

from azureml_emulator.azure.runs.data.outputs import plan_output, prepare
from azureml_emulator.azure.runs.data.paths import (
    DataError,
    data_folder,
    make_link,
    path_on_compute,
    remove_link,
    run_folder,
)
from azureml_emulator.errors import BadRequest
from azureml_emulator.state.workspace import LocalWorkspace


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere" / "data"


def target(workspace: LocalWorkspace, run_id: str, *, ended: bool = False) -> Path:
    """A folder of a run that is going, or has ended."""
    folder = run_folder(workspace, run_id) / "inputs" / "data"
    folder.mkdir(parents=True)
    workspace.store.put("run", run_id, {"endTimeUtc": "2026-01-01" if ended else None})
    return folder


def test_link_that_goes_with_its_step(workspace: LocalWorkspace, place: Path) -> None:
    folder = target(workspace, "r1")
    make_link(workspace, place, folder)
    assert place.readlink() == folder
    remove_link(workspace, "another", place)
    assert place.is_symlink()
    remove_link(workspace, "r1", place)
    assert not place.is_symlink()
    assert folder.is_dir()


def test_two_steps_at_once(workspace: LocalWorkspace, place: Path) -> None:
    make_link(workspace, place, target(workspace, "r1"))
    with pytest.raises(DataError, match="is in use by step run r1"):
        make_link(workspace, place, target(workspace, "r2"))


def test_link_that_was_left_behind(workspace: LocalWorkspace, place: Path) -> None:
    """By a local workspace that was killed."""
    make_link(workspace, place, target(workspace, "r1", ended=True))
    make_link(workspace, place, target(workspace, "r2"))
    assert place.readlink() == run_folder(workspace, "r2") / "inputs" / "data"


def test_what_is_somebody_elses(workspace: LocalWorkspace, place: Path, tmp_path: Path) -> None:
    folder = target(workspace, "r1")
    place.parent.mkdir()
    place.symlink_to(tmp_path)
    with pytest.raises(DataError, match="is there already"):
        make_link(workspace, place, folder)
    remove_link(workspace, "r1", place)
    assert place.readlink() == tmp_path


@pytest.mark.parametrize(
    ("given", "expected"), [("data/in", "runs/r1/code/data/in"), ("/mnt/data", "/mnt/data"), (None, None), ("", None)]
)
def test_path_on_compute(workspace: LocalWorkspace, given: str | None, expected: str | None) -> None:
    found = path_on_compute(workspace, "r1", given)
    assert found == (workspace.folder / expected if expected else None)


@pytest.mark.parametrize("given", ["../r2", "a/../../b", ".", "./"])
def test_path_outside_of_the_step(workspace: LocalWorkspace, given: str) -> None:
    with pytest.raises(BadRequest, match="neither absolute nor inside"):
        path_on_compute(workspace, "r1", given)


@pytest.mark.parametrize("name", ["../../r2", "/etc", "..", ""])
def test_name_that_would_lead_elsewhere(workspace: LocalWorkspace, name: str) -> None:
    with pytest.raises(BadRequest, match="must be the name of a file or folder"):
        data_folder(workspace, "r1", "inputs", name)


def test_output_at_a_place_of_the_machine(workspace: LocalWorkspace, place: Path) -> None:
    """Written to the datastore through a link, which goes with its step: the next finds the place free."""
    for run_id in ("r1", "r2"):
        target(workspace, run_id)
        output = plan_output(workspace, run_id, {"Name": "out", "PathOnCompute": str(place)}, may_be_file=False)
        prepare(workspace, output)
        (place / "result.txt").write_text(run_id)
        remove_link(workspace, run_id, place)
        assert not place.is_symlink()
        assert (output.place.folder / "result.txt").read_text() == run_id
