"""The files of a run as its page lists them."""

import pytest

from azureml_emulator.errors import BadRequest
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.studio.contents.outputs.files import LIMIT, file_of, files_of, media_type


def keep(workspace: LocalWorkspace, path: str, size: int = 1) -> None:
    file = file_of(workspace, "run", path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x" * size)


def test_pages_first(workspace: LocalWorkspace) -> None:
    keep(workspace, "azureml-logs/70_driver_log.txt", 1500)
    keep(workspace, "outputs/report.html", 3)
    files = files_of(workspace, "run")
    assert [(file.path, file.size) for file in files.shown] == [
        ("outputs/report.html", "3 bytes"),
        ("azureml-logs/70_driver_log.txt", "1.5 kB"),
    ]
    assert [file.name for file in files.pages] == ["report.html"]
    assert files_of(workspace, "other").shown == []


def test_many_files_are_counted(workspace: LocalWorkspace) -> None:
    for number in range(LIMIT + 5):
        keep(workspace, f"outputs/{number}.bin")
    files = files_of(workspace, "run")
    assert (len(files.shown), files.count) == (LIMIT, LIMIT + 5)


def test_no_way_out_of_the_folder(workspace: LocalWorkspace) -> None:
    with pytest.raises(BadRequest):
        file_of(workspace, "run", "../other/secret.txt")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.HTML", "text/html"),
        ("a.json", "text/plain"),
        ("a.png", "image/png"),
        ("a.svg", "application/octet-stream"),
        ("a", "application/octet-stream"),
    ],
)
def test_media_type(path: str, expected: str) -> None:
    assert media_type(path) == expected
