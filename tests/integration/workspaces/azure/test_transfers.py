"""Uploads of great files and of many, cut by kill -9 and taken up again; the workspace's memory stays as it is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from azureml_emulator.state.disk.files import LOCK
from config.errors import ModelError
from steps.folders.datastore import download_folder, list_folder, upload_folder
from steps.folders.stored_names import UNFINISHED
from workspaces.azure.transfers import BLOCK

if TYPE_CHECKING:
    from workspaces.workspace import Workspace

ROOT = Path(__file__).parents[4]
pytestmark = pytest.mark.parametrize("open_port", ["v1"], indirect=True, scope="module")  # the containers are alike
GREAT = 64 * BLOCK
FLAT = GREAT // 4
CUT = """
import os, signal, sys
from pathlib import Path
from config.settings import Workspace as Names
from steps.folders.datastore import upload_folder
from workspaces.v1.workspace import sign_in

names, folder, kind, least = json.loads(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])

def cut(_kind, there, _total):
    if there >= least:
        os.kill(os.getpid(), signal.SIGKILL)

upload_folder(sign_in(Names(**names)), folder, kind, cut)
"""


@pytest.fixture
def cut_off(port: Workspace) -> Callable[[Path, str, int], None]:
    """Uploads a folder in a process that is killed when so many bytes of it are there."""

    def upload(folder: Path, kind: str, least: int) -> None:
        from tests.integration.workspaces.local import NAMES

        given = [json.dumps(NAMES.model_dump(mode="json", exclude_none=True)), str(folder), kind, str(least)]
        ended = subprocess.run(
            [sys.executable, "-c", f"import json{CUT}", *given], cwd=ROOT, check=False, env={**os.environ}
        )
        assert ended.returncode == -signal.SIGKILL

    return upload


@pytest.fixture
def writes(local_workspace_folder: Path) -> Callable[[str], int]:
    """How many requests wrote blobs whose path holds a text."""

    def count(text: str) -> int:
        lines = (local_workspace_folder / "requests.log").read_text().splitlines()
        asked = [json.loads(line) for line in lines]
        return sum(one["method"] == "PUT" and one["status"] == 201 and text in one["path"] for one in asked)

    return count


def test_a_great_file_is_taken_up_again_where_it_was_cut(
    port: Workspace, cut_off: Callable[..., None], writes: Callable[[str], int], name: str, tmp_path: Path
) -> None:
    content = b"".join(number.to_bytes(4, "big") * (BLOCK // 4) for number in range(20)) + b"the end"
    (tmp_path / "folder").mkdir()
    great = f"{name}.data"  # other tests upload files of a plainer name to this workspace
    (tmp_path / "folder" / great).write_bytes(content)
    cut_off(tmp_path / "folder", name, 8 * BLOCK)
    staged = writes(great)
    assert 8 <= staged < 20

    (digest,) = {one.split("/")[0] for one in port.files.sizes(f"amlgpu/{name}")}
    path = f"amlgpu/{name}/{digest}"
    assert list(port.files.sizes(path)) == [UNFINISHED]
    with pytest.raises(ModelError, match=r"its upload to the datastore .* was cut, or goes on"):
        list_folder(port, path)

    assert upload_folder(port, tmp_path / "folder", name) == path
    assert writes(great) == 21 + 1  # each block, and their list
    download_folder(port, path, tmp_path / "back")
    assert (tmp_path / "back" / great).read_bytes() == content


def test_of_many_files_those_that_came_are_not_sent_again(
    port: Workspace, cut_off: Callable[..., None], writes: Callable[[str], int], name: str, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    for number in range(60):
        (tmp_path / "folder" / f"{number}.jpg").write_bytes(bytes([number]) * 1000)
    cut_off(tmp_path / "folder", name, 20_000)
    sent = writes(f"amlgpu/{name}/")
    assert 20 <= sent < 60

    seen: list[tuple[int, int]] = []
    path = upload_folder(port, tmp_path / "folder", name, lambda _, there, total: seen.append((there, total)))
    assert seen[0][0] >= (sent - 8) * 1000  # it begins where it was; what was on its way may have come
    assert seen[-1] == (60_000, 60_000)
    assert writes(f"amlgpu/{name}/") <= 60 + 2 + 8  # the mark of an unfinished upload, twice at most
    assert len(list_folder(port, path)) == 60


def test_blocks_of_another_client_are_no_hindrance(port: Workspace, name: str, tmp_path: Path) -> None:
    """Azure takes no ids of another length beside those that wait."""
    container = port.files._store.container  # type: ignore[attr-defined]
    container.get_blob_client(name).stage_block("short", b"x")
    (tmp_path / "file").write_bytes(bytes(BLOCK + 1))

    port.files.upload({name: tmp_path / "file"})

    stored = port.files.read(name)
    assert stored is not None
    assert stored.content == bytes(BLOCK + 1)


def test_a_failed_block_ends_the_upload_and_leaves_no_file(
    port: Workspace, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(bytes(3 * BLOCK))
    read = Path.open

    def torn(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.name == "file":
            raise OSError("torn")
        return read(path, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", torn)
        with pytest.raises(OSError, match="torn"):
            port.files.upload({name: tmp_path / "file"})
    assert port.files.read(name) is None


@pytest.fixture
def great(tmp_path: Path) -> Path:
    with (tmp_path / "great").open("wb") as file:
        for number in range(GREAT // BLOCK):
            file.write(bytes([number % 256]) * BLOCK)
    return tmp_path / "great"


@pytest.fixture
def grown(local_workspace_folder: Path, port: Workspace) -> Callable[[], int]:
    """By how many bytes the peak of the workspace's memory grew in the meantime."""
    assert port.files.datastore
    pid = int((local_workspace_folder / LOCK).read_text())
    before = max(_high_water(pid), psutil.Process(pid).memory_info().rss)
    return lambda: _high_water(pid) - before


def _high_water(pid: int) -> int:
    (line,) = (one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def test_great_files_and_many_pass_through_little_memory(
    port: Workspace,
    great: Path,
    grown: Callable[[], int],
    name: str,
    tmp_path: Path,
    local_workspace_folder: Path,
) -> None:
    port.files.upload({f"{name}/great": great})
    port.files.download({f"{name}/great": tmp_path / "back"})
    assert (tmp_path / "back").stat().st_size == GREAT

    (local_workspace_folder / "blobs" / "azureml-blobstore" / name / "many").mkdir()
    for number in range(12_000):
        (local_workspace_folder / "blobs" / "azureml-blobstore" / name / "many" / f"{number}.jpg").touch()
    assert len(port.files.sizes(f"{name}/many")) == 12_000

    assert grown() < FLAT


@pytest.mark.parametrize("file", [UNFINISHED, "new\nline"])
def test_a_file_that_can_not_be_stored_is_refused_before_anything_is_sent(
    port: Workspace, writes: Callable[[str], int], name: str, tmp_path: Path, file: str
) -> None:
    for one in (file, "saved_model.pb"):
        (tmp_path / one).write_bytes(b"graph")

    with pytest.raises(ModelError, match=r"the file .* can't be stored"):
        upload_folder(port, tmp_path, name)

    assert writes(name) == 0


def test_a_linked_folder_is_sent_with_what_is_in_it(port: Workspace, name: str, tmp_path: Path) -> None:
    (tmp_path / "model" / "variables").mkdir(parents=True)
    (tmp_path / "model" / "variables" / "data").write_bytes(b"1")
    (tmp_path / "model" / "again").symlink_to("variables")
    (tmp_path / "model" / ".#saved_model.pb").symlink_to("somebody@host.1234")

    assert list_folder(port, upload_folder(port, tmp_path / "model", name)) == {"variables/data": 1, "again/data": 1}


@pytest.mark.parametrize(("change", "said"), [("changed", "has changed"), ("gone", "has gone")])
def test_what_changes_while_it_is_sent_does_not_stay_under_the_name_of_its_old_content(
    port: Workspace, name: str, tmp_path: Path, change: str, said: str
) -> None:
    (tmp_path / "model").mkdir()
    files = [tmp_path / "model" / f"{number:03}" for number in range(100)]
    for file in files:
        file.write_bytes(b"old")

    def disturb(_kind: str, there: int, _total: int) -> None:
        if there == 3 and files[-1].exists():  # the first has been sent, and the last is far from it
            files[-1].write_bytes(b"new") if change == "changed" else files[-1].unlink()

    with pytest.raises(ModelError, match=rf"model: 099 {said} while .*: run this again when nothing writes there"):
        upload_folder(port, tmp_path / "model", name, disturb)
    left = {path.split("/", 1)[1] for path in port.files.sizes(f"amlgpu/{name}")}
    assert UNFINISHED in left
    assert "099" not in left

    files[-1].write_bytes(b"old")
    assert len(list_folder(port, upload_folder(port, tmp_path / "model", name))) == 100
