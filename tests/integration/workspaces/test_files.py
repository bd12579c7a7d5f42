"""Files on the default datastore: whole, in their order, and never two writers at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from azureml_emulator.state.credentials.auth_mode import AuthMode
from tests.integration.workspaces.local import LocalWorkspace
from workspaces.errors import RequestError

if TYPE_CHECKING:
    from workspaces.workspace import Workspace

CONTENTS = {"a.txt": b"first", "below/b.bin": bytes(range(256)) * 300, "below/deeper/c": b"", "ü und%20 d.txt": b"odd"}
AN_HOUR = timedelta(hours=1)


@pytest.fixture(scope="module", params=AuthMode, ids=lambda mode: mode.value)
def port(
    open_port: Callable[[], Workspace], local: LocalWorkspace, request: pytest.FixtureRequest
) -> Iterator[Workspace]:
    """One whose datastores have a key, nothing, or a signed address for credential."""
    with local.authenticating(request.param):
        yield open_port()


@pytest.fixture
def local_files(tmp_path: Path, name: str) -> dict[str, Path]:
    """Local files by the paths that they are to have below a folder of the test's own."""
    files = {f"{name}/{path}": tmp_path / f"file-{number}" for number, path in enumerate(CONTENTS)}
    for file, content in zip(files.values(), CONTENTS.values(), strict=True):
        file.write_bytes(content)
    return files


def test_the_default_datastore_has_a_name(port: Workspace) -> None:
    assert port.files.datastore == "workspaceblobstore"


def test_what_the_default_datastore_is_asked_with_is_told(port: Workspace, request: pytest.FixtureRequest) -> None:
    told = {
        AuthMode.ACCESS_KEY: "account key",
        AuthMode.IDENTITY: "identity",
        AuthMode.USER_DELEGATION_SAS: "shared access signature",
    }
    assert port.files.credential == told[request.node.callspec.params["port"]]


def test_what_is_uploaded_is_listed_and_comes_back(
    port: Workspace, local_files: dict[str, Path], name: str, tmp_path: Path
) -> None:
    port.files.upload(local_files)
    assert port.files.sizes(name) == {path: len(content) for path, content in CONTENTS.items()}
    assert port.files.sizes(f"{name}/below") == {"b.bin": 76800, "deeper/c": 0}

    back = {f"{name}/{path}": tmp_path / "back" / path for path in CONTENTS}
    port.files.download(back)
    assert {file.relative_to(tmp_path / "back").as_posix(): file.read_bytes() for file in back.values()} == CONTENTS


def test_a_folder_is_not_another_whose_name_begins_with_its_name(port: Workspace, name: str) -> None:
    port.files.write(f"{name}-too/a", b"x", None)
    assert port.files.sizes(name) == {}
    assert port.files.sizes(f"/{name}-too/") == {"a": 1}


def test_an_upload_replaces_what_is_there(port: Workspace, name: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    for content in (b"the first, which is longer", b"the second"):
        file.write_bytes(content)
        port.files.upload({f"{name}/file": file})
    stored = port.files.read(f"{name}/file")
    assert stored is not None
    assert stored.content == b"the second"


def test_an_upload_that_lacks_a_file_is_an_error(port: Workspace, local_files: dict[str, Path], name: str) -> None:
    local_files[f"{name}/missing"] = Path("nowhere")
    with pytest.raises(OSError, match="nowhere"):
        port.files.upload(local_files)


def test_a_download_of_what_is_not_there_is_an_error(
    port: Workspace, local_files: dict[str, Path], name: str, tmp_path: Path
) -> None:
    port.files.upload(local_files)
    with pytest.raises(RequestError):
        port.files.download({f"{name}/a.txt": tmp_path / "a", f"{name}/missing": tmp_path / "missing"})
    assert not (tmp_path / "missing").exists()


def test_nothing_to_send_or_to_bring_is_nothing_to_do(port: Workspace) -> None:
    port.files.upload({})
    port.files.download({})


def test_a_file_that_is_not_there_is_none(port: Workspace, name: str) -> None:
    assert port.files.read(f"{name}/nothing") is None


def test_a_file_is_made_once(port: Workspace, name: str) -> None:
    etag = port.files.write(name, b"mine", None)
    assert etag
    assert port.files.write(name, b"theirs", None) is None
    stored = port.files.read(name)
    assert stored is not None
    assert (stored.content, stored.etag) == (b"mine", etag)


def test_of_two_writers_one_wins_and_the_other_is_told(port: Workspace, name: str) -> None:
    first = port.files.write(name, b"0", None)
    second = port.files.write(name, b"1", first)
    assert second not in (None, first)
    assert port.files.write(name, b"2", first) is None
    stored = port.files.read(name)
    assert stored is not None
    assert (stored.content, stored.etag) == (b"1", second)
    assert port.files.write(name, b"3", stored.etag)


def test_of_many_at_once_exactly_one_wins(port: Workspace, name: str) -> None:
    def write(number: int) -> str | None:
        return port.files.write(name, str(number).encode(), None)

    with ThreadPoolExecutor(6) as pool:
        etags = list(pool.map(write, range(6)))
    (winner,) = (number for number, etag in enumerate(etags) if etag)
    stored = port.files.read(name)
    assert stored is not None
    assert (stored.content, stored.etag) == (str(winner).encode(), etags[winner])


def test_a_file_that_went_meanwhile_is_not_replaced(port: Workspace, name: str) -> None:
    assert port.files.write(name, b"1", '"0x8D0000000000000"') is None
    assert port.files.read(name) is None


def dated(ahead: timedelta) -> Callable[..., requests.Response]:
    """Sends as before; each answer then has the date of a clock that is ahead."""
    send = requests.adapters.HTTPAdapter.send

    def sending(*arguments: Any, **options: Any) -> requests.Response:
        answer = send(*arguments, **options)
        answer.headers["Date"] = format_datetime(datetime.now(timezone.utc) + ahead, usegmt=True)
        return answer

    return sending


def test_one_large_file_uploaded_by_several_at_once(port: Workspace, name: str, tmp_path: Path) -> None:
    """Their blocks have the same ids: the first to commit takes those that the others uploaded."""
    file = tmp_path / "large"
    file.write_bytes(bytes(range(251)) * 40_000)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: port.files.upload({f"{name}/large": file}), range(6)))
    port.files.download({f"{name}/large": tmp_path / "back"})
    assert (tmp_path / "back").read_bytes() == file.read_bytes()


@pytest.mark.parametrize("ask", ["read", "write", "read of nothing"])
def test_the_time_is_that_of_the_storages_last_answer(
    port: Workspace, name: str, monkeypatch: pytest.MonkeyPatch, ask: str
) -> None:
    etag = port.files.write(name, b"1", None)
    ahead = 3 * AN_HOUR
    with monkeypatch.context() as patch:
        patch.setattr(requests.adapters.HTTPAdapter, "send", dated(ahead))
        if ask == "write":
            port.files.write(name, b"2", etag)
        else:
            port.files.read(name if ask == "read" else f"{name}/nothing")
    assert abs(port.files.now() - datetime.now(timezone.utc) - ahead) < AN_HOUR

    port.files.read(name)
    assert port.files.now().utcoffset() == timedelta(0)
    assert abs(port.files.now() - datetime.now(timezone.utc)) < AN_HOUR


def test_no_more_than_is_expected_is_read_into_memory(port: Workspace, name: str) -> None:
    port.files.write(name, bytes(11), None)
    stored = port.files.read(name, 11)
    assert stored is not None
    assert stored.content == bytes(11)
    with pytest.raises(RequestError, match=f"{name} on the datastore has 11 bytes, more than 10"):
        port.files.read(name, 10)
