"""Blob storage: the default datastore through the SDK, signatures over plain HTTPS."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
import requests

from tests.integration.emulator.waiting import Emulator, until

if TYPE_CHECKING:
    from azureml.core import Workspace

Rest = Callable[..., requests.Response]
CONTAINER = "/azureml-blobstore"


@pytest.fixture
def signature(workspace: Workspace) -> str:
    """Query string that reads and writes the whole datastore."""
    return str(workspace.get_default_datastore().sas_token).lstrip("?")


@pytest.fixture
def storage(emulator: Emulator) -> Callable[..., requests.Response]:
    def send(method: str, path: str, query: str, **options: object) -> requests.Response:
        url = f"{emulator.http}{CONTAINER}{path}?{query}"
        return requests.request(method, url, timeout=30, **options)  # type: ignore[arg-type]

    return send


def test_large_file_in_blocks(workspace: Workspace, emulator: Emulator, tmp_path: Path) -> None:
    """Above 64 MiB the storage library inside the SDK sends blocks; it always reads ranges."""
    content = bytes(range(251)) * 275_000
    (tmp_path / "variables.data").write_bytes(content)
    store = workspace.get_default_datastore()
    store.upload_files([str(tmp_path / "variables.data")], target_path="large", show_progress=False)
    store.download(str(tmp_path / "back"), prefix="large", show_progress=False)
    assert (tmp_path / "back" / "large" / "variables.data").read_bytes() == content
    assert (emulator.folder / "blobs" / "azureml-blobstore" / "large" / "variables.data").read_bytes() == content
    assert not any((emulator.folder / "blocks").iterdir())


def test_folder(workspace: Workspace, tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "deep").mkdir(parents=True)
    (source / "deep" / "a b.txt").write_text("a")
    (source / "empty.txt").touch()
    store = workspace.get_default_datastore()
    store.upload(str(source), target_path="folder", show_progress=False)
    store.upload_files([str(source / "empty.txt")], target_path="folders", show_progress=False)
    assert store.download(str(tmp_path / "back"), prefix="folder/", show_progress=False) == 2
    assert (tmp_path / "back" / "folder" / "deep" / "a b.txt").read_text() == "a"
    assert (tmp_path / "back" / "folder" / "empty.txt").read_bytes() == b""


def test_overwrite_only_when_asked(workspace: Workspace, tmp_path: Path) -> None:
    file, store = tmp_path / "labels.csv", workspace.get_default_datastore()
    for content, overwrite in (("one", False), ("two", False), ("three", True)):
        file.write_text(content)
        store.upload_files([str(file)], target_path="once", overwrite=overwrite, show_progress=False)
        store.download(str(tmp_path / "back"), prefix="once", overwrite=True, show_progress=False)
        expected = "three" if overwrite else "one"
        assert (tmp_path / "back" / "once" / "labels.csv").read_text() == expected


@pytest.mark.parametrize(
    ("asked", "content", "content_range"),
    [
        ("bytes=0-3", b"0123", "bytes 0-3/10"),
        ("bytes=8-", b"89", "bytes 8-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=5-99", b"56789", "bytes 5-9/10"),
    ],
)
@pytest.mark.parametrize("header", ["Range", "x-ms-range"])
def test_ranges(storage: Rest, signature: str, header: str, asked: str, content: bytes, content_range: str) -> None:
    assert storage("PUT", "/digits", signature, data=b"0123456789").status_code == 201
    answer = storage("GET", "/digits", signature, headers={header: asked})
    assert (answer.status_code, answer.content, answer.headers["Content-Range"]) == (206, content, content_range)


def test_range_beyond_the_end(storage: Rest, signature: str) -> None:
    storage("PUT", "/digits", signature, data=b"0123456789")
    assert storage("GET", "/digits", signature, headers={"x-ms-range": "bytes=10-"}).status_code == 416
    storage("PUT", "/empty", signature, data=b"")
    for header in ("Range", "x-ms-range"):
        assert storage("GET", "/empty", signature, headers={header: "bytes=0-"}).status_code == 416


def test_head(storage: Rest, signature: str) -> None:
    storage("PUT", "/digits", signature, data=b"0123456789")
    answer = storage("HEAD", "/digits", signature)
    assert (answer.status_code, answer.headers["Content-Length"], answer.content) == (200, "10", b"")
    assert storage("HEAD", "/none", signature).status_code == 404


def test_listing_is_xml_with_any_name(storage: Rest, signature: str) -> None:
    name = "odd/<&>ö.txt"
    storage("PUT", "/" + quote(name), signature, data=b"x")
    listed = storage("GET", "", signature + "&restype=container&comp=list&prefix=odd/")
    assert "<Name>odd/&lt;&amp;&gt;ö.txt</Name>" in listed.content.decode()


def test_no_or_wrong_signature(storage: Rest, signature: str) -> None:
    forged = urlencode({key: values[0] for key, values in parse_qs(signature).items()} | {"sig": "0" * 64})
    for query in ("", forged, signature.replace("racwdl", "racwdlx")):
        assert storage("GET", "/digits", query).status_code == 401
        assert storage("PUT", "/digits", query, data=b"x").status_code == 401
        assert storage("GET", "", query + "&comp=list").status_code == 401


def test_signature_of_another_workspace(storage: Rest, tmp_path: Path) -> None:
    from azureml_emulator.state.credentials.tokens import Tokens

    foreign = Tokens(tmp_path / "secrets.json").sas("azureml-blobstore", "racwdl")
    assert storage("GET", "/digits", foreign).status_code == 401


def test_signature_of_one_file(rest: Rest, emulator: Emulator) -> None:
    """What a run's artifact is read by neither writes it nor reads another, nor lists its folder."""
    base = "/artifacts/content/ExperimentRun/dcid.signed/"
    for name in ("a.txt", "b.txt"):
        rest("POST", "/artifact/v2.0", base + name, data=b"content")
    found = rest("GET", "/artifact/v2.0", "/artifacts/contentinfo/ExperimentRun/dcid.signed/a.txt").json()
    url = urlsplit(found["contentUri"])
    assert requests.get(found["contentUri"], timeout=10).content == b"content"
    assert requests.put(found["contentUri"], data=b"evil", timeout=10).status_code == 401
    for path in ("/azureml/ExperimentRun/dcid.signed/b.txt", "/azureml/ExperimentRun/dcid.signed/", CONTAINER + "/a"):
        assert requests.get(f"{emulator.http}{path}?{url.query}", timeout=10).status_code == 401
    raised = url.query.replace("sp=r", "sp=rw")
    assert requests.put(f"{emulator.http}{url.path}?{raised}", data=b"evil", timeout=10).status_code == 401


def test_escape_from_the_container(storage: Rest, signature: str, emulator: Emulator) -> None:
    for path in ("/%2E%2E/%2E%2E/secrets.json", "/a/%2E%2E/b", "/nul%00"):
        assert storage("GET", path, signature).status_code == 400
        assert storage("PUT", path, signature, data=b"evil").status_code == 400
    assert b"evil" not in (emulator.folder / "secrets.json").read_bytes()


def test_block_list(storage: Rest, signature: str) -> None:
    def commit(body: bytes) -> requests.Response:
        return storage("PUT", "/blocks", signature + "&comp=blocklist", data=body)

    assert storage("PUT", "/blocks", signature + "&comp=block&blockid=MQ%3D%3D", data=b"one").status_code == 201
    assert commit(b"<BlockList><Latest>Mg==</Latest></BlockList>").json()["error"]["code"] == "InvalidBlockList"
    assert commit(b"not a list").json()["error"]["code"] == "InvalidXmlDocument"
    assert commit(b"<BlockList><Latest>MQ==</Latest></BlockList>").status_code == 201
    assert storage("GET", "/blocks", signature).content == b"one"


def test_blocks_that_wait_and_deletion_through_the_storage_library(workspace: Workspace) -> None:
    from azure.core.exceptions import ResourceNotFoundError

    store = workspace.get_default_datastore()
    blob = store.blob_service.get_blob_client(store.container_name, "in-blocks")
    with pytest.raises(ResourceNotFoundError):
        blob.get_block_list("uncommitted")
    for number in range(3):
        blob.stage_block(f"block-{number}", bytes([number]) * 5)
    _, waiting = blob.get_block_list("uncommitted")
    assert {block.id: block.size for block in waiting} == {f"block-{number}": 5 for number in range(3)}
    blob.commit_block_list(["block-2", "block-0"])
    assert blob.download_blob().readall() == b"\2" * 5 + b"\0" * 5
    assert blob.get_block_list("uncommitted") == ([], [])
    blob.delete_blob()
    with pytest.raises(ResourceNotFoundError):
        blob.delete_blob()


def test_file_and_folder_of_one_name(storage: Rest, signature: str) -> None:
    """A difference to Azure, where names have no folders: refused rather than half done."""
    storage("PUT", "/clash", signature, data=b"file")
    refused = storage("PUT", "/clash/below", signature, data=b"x")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "NotSupportedByEmulator")
    storage("PUT", "/parent/child", signature, data=b"x")
    assert storage("PUT", "/parent", signature, data=b"x").status_code == 400


def test_client_that_goes_away(storage: Rest, signature: str, emulator: Emulator) -> None:
    head = f"PUT {CONTAINER}/half/file?{signature} HTTP/1.1\r\nHost: local\r\nContent-Length: 100\r\n\r\n"
    half = emulator.folder / "blobs" / CONTAINER[1:] / "half"
    with socket.create_connection(("127.0.0.1", urlsplit(emulator.http).port or 0)) as client:
        client.sendall(head.encode() + b"x" * 50)
        until(lambda: half.exists() and list(half.iterdir()), "the upload to begin")
    until(lambda: not list(half.iterdir()), "the half of a file to be removed")
    assert storage("GET", "/half/file", signature).status_code == 404


def test_unknown_operation(storage: Rest, signature: str) -> None:
    refused = storage("PUT", "/page", signature + "&comp=page", data=b"x")
    assert refused.status_code == 400
    assert "the blob operation PUT comp=page" in refused.json()["error"]["message"]


def test_delete(storage: Rest, signature: str) -> None:
    storage("PUT", "/gone", signature, data=b"x")
    assert storage("DELETE", "/gone", signature, headers={"If-Match": '"0x0"'}).status_code == 412
    assert storage("DELETE", "/gone", "").status_code == 401
    assert storage("DELETE", "/gone", signature).status_code == 202
    assert storage("GET", "/gone", signature).status_code == 404
    assert storage("DELETE", "/gone", signature).status_code == 404


def test_blocks_that_wait_are_listed_until_the_blob_is_written(storage: Rest, signature: str) -> None:
    def waiting() -> str:
        return storage("GET", "/waiting", signature + "&comp=blocklist&blocklisttype=uncommitted").text

    assert "BlobNotFound" in waiting()
    for name, content in (("MQ%3D%3D", b"one"), ("Mg%3D%3D", b"second")):
        storage("PUT", "/waiting", f"{signature}&comp=block&blockid={name}", data=content)
    blocks = [f"<Block><Name>{name}</Name><Size>{size}</Size></Block>" for name, size in (("MQ==", 3), ("Mg==", 6))]
    assert all(block in waiting() for block in blocks)
    assert storage("PUT", "/waiting", f"{signature}&comp=block&blockid=MQ", data=b"x").status_code == 400
    storage("PUT", "/waiting", signature, data=b"whole")
    assert "<UncommittedBlocks />" in waiting()


def test_write_of_what_is_not_sent(storage: Rest, signature: str) -> None:
    """Neither a copy nor metadata is taken for an upload of nothing."""
    assert storage("PUT", "/odd", signature, headers={"x-ms-copy-source": "x"}).status_code == 400
    assert storage("PUT", "/odd", signature + "&comp=metadata", headers={"x-ms-meta-owner": "x"}).status_code == 404
    assert storage("GET", "/odd", signature).status_code == 404


@pytest.fixture
def listed(storage: Callable[..., requests.Response], signature: str) -> Callable[..., str]:
    """The XML of a listing after blobs a/b/1, a/b/2 and a/c were written."""
    for name in ("a/b/1", "a/b/2", "a/c"):
        storage("PUT", f"/list/{name}", signature, data=b"x")

    def get(**query: str) -> str:
        asked = {"restype": "container", "comp": "list", "prefix": "list/a/"} | query
        return storage("GET", "", f"{signature}&{urlencode(asked)}").text

    return get


def test_list_of_a_folder(listed: Callable[..., str]) -> None:
    """What lies deeper is one prefix: mounted datasets show folders by it."""
    answer = listed(delimiter="/")
    assert "<BlobPrefix><Name>list/a/b/</Name></BlobPrefix><Blob><Name>list/a/c</Name>" in answer
    assert "list/a/b/1" not in answer


def test_list_in_pages(listed: Callable[..., str]) -> None:
    first = listed(maxresults="2")
    assert first.count("<Blob>") == 2
    assert "<NextMarker>list/a/c</NextMarker>" in first
    second = listed(maxresults="2", marker="list/a/c")
    assert second.count("<Blob>") == 1
    assert "<NextMarker />" in second
    assert "maxresults is a number from 1" in listed(maxresults="0")
