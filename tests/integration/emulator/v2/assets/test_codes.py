"""Code: uploaded into a container of its own, and once only for the same content."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

Rest = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("codes") / "source"
    folder.mkdir()
    (folder / "main.py").write_text("print('codes')\n")
    return folder


def upload(client: MLClient, folder: Path, **options: Any) -> Any:
    from azure.ai.ml.entities._assets import Code

    return client._code.create_or_update(Code(path=str(folder), **options))


def containers(emulator: Emulator) -> set[str]:
    return {folder.name for folder in (emulator.folder / "blobs").glob("upload-*")}


def test_the_same_content_is_uploaded_once(client: MLClient, emulator: Emulator, code: Path, rest: Rest) -> None:
    before = containers(emulator)
    first = upload(client, code)
    [container] = containers(emulator) - before
    assert (emulator.folder / "blobs" / container / "source" / "main.py").read_text() == "print('codes')\n"
    second = upload(client, code)
    assert (second.name, second.version) == (first.name, first.version)
    assert containers(emulator) - before == {container}
    (code / "more.py").write_text("")
    assert upload(client, code, name="codes-named", version="1").name == "codes-named"
    assert len(containers(emulator) - before) == 2
    found = client._code.get(first.name, first.version)
    assert found.path == f"{emulator.address['tls']}/{container}/source"
    known = rest("GET", "", "/codes").json()["value"]
    assert {first.name, "codes-named"} <= {one["name"] for one in known}
    assert rest("GET", "", "/codes/codes-named").json()["properties"]["latestVersion"] == "1"


def test_each_pending_upload_is_a_container_of_its_own(rest: Rest, emulator: Emulator) -> None:
    path, wish = "/codes/codes-pending/versions/1/startPendingUpload", {"pendingUploadType": "TemporaryBlobReference"}
    one, other = (rest("POST", "", path, json=wish).json()["blobReferenceForConsumption"] for _ in range(2))
    assert one["blobUri"] != other["blobUri"]
    sas = one["credential"]["sasUri"].partition("?")[2]
    headers, verify = {"x-ms-blob-type": "BlockBlob"}, emulator.environment["REQUESTS_CA_BUNDLE"]
    answers = [
        requests.put(
            f"{place['blobUri']}/code/a.py?{sas}", b"a", headers=headers, verify=verify, timeout=30
        ).status_code
        for place in (one, other)
    ]
    assert answers == [201, 401]
    answer = rest(
        "PUT", "", "/codes/codes-pending/versions/1", json={"properties": {"codeUri": one["blobUri"] + "/code"}}
    )
    assert answer.status_code == 201
    again = rest("PUT", "", "/codes/codes-pending/versions/1", json={"properties": {"codeUri": other["blobUri"]}})
    assert (again.status_code, "another codeUri" in again.text) == (409, True)
    empty = {"properties": {"codeUri": other["blobUri"] + "/code"}}
    refused = rest("PUT", "", "/codes/codes-pending/versions/2", json=empty)
    assert (refused.status_code, "upload the code first" in refused.text) == (400, True)
    assert "of the type 'None'" in rest("POST", "", path, json={"pendingUploadType": "None"}).text


def test_names_are_archived_as_those_of_other_assets(rest: Rest, client: MLClient, tmp_path: Path) -> None:
    (tmp_path / "archived.py").write_text("")
    upload(client, tmp_path, name="codes-archived", version="1")
    answer = rest("PUT", "", "/codes/codes-archived", json={"properties": {"isArchived": True, "tags": {"a": "b"}}})
    assert (answer.status_code, answer.json()["properties"]["tags"]) == (200, {"a": "b"})
    assert rest("GET", "", "/codes/codes-archived/versions").json() == {"value": []}
    assert rest("PUT", "", "/codes/codes-nothing", json={"properties": {}}).status_code == 404


def test_code_whose_files_are_gone_is_uploaded_again(client: MLClient, emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "gone.py").write_text("")
    first = upload(client, tmp_path)
    shutil.rmtree(emulator.folder / "blobs" / first.path.split("/")[3])
    assert upload(client, tmp_path).path != first.path
