"""What is kept with a blob beside its bytes, and answered with it: through the storage library inside the SDK."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, cast

import pytest
import requests

from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azureml.core import Workspace

METADATA = {"owner": "vision", "Spelled_As_Sent": "A b", "hdi_isfolder": "false"}


@pytest.fixture
def container(workspace: Workspace) -> Any:
    store = workspace.get_default_datastore()
    return store.blob_service.get_container_client(store.container_name)


@pytest.fixture
def blob(container: Any, request: pytest.FixtureRequest) -> Any:
    return container.get_blob_client(f"properties/{request.node.name}")


def settings(**values: str) -> Any:
    from azureml._vendor.azure_storage import blob as library

    return cast(Any, library).ContentSettings(**values)


def test_metadata(container: Any, blob: Any) -> None:
    blob.upload_blob(b"x", metadata=METADATA)
    assert blob.get_blob_properties().metadata == METADATA
    assert blob.download_blob().properties.metadata == METADATA
    prefix = blob.blob_name
    (listed,) = container.list_blobs(name_starts_with=prefix, include=["metadata"])
    assert listed.metadata == METADATA
    (listed,) = container.list_blobs(name_starts_with=prefix)
    assert not listed.metadata


def test_metadata_of_a_blob_in_blocks(blob: Any) -> None:
    blob.stage_block("block", b"x")
    blob.commit_block_list(["block"], metadata={"owner": "vision"})
    assert blob.get_blob_properties().metadata == {"owner": "vision"}
    blob.stage_block("other", b"y")
    blob.commit_block_list(["other"])
    assert blob.get_blob_properties().metadata == {}


def test_metadata_are_replaced(blob: Any) -> None:
    from azure.core import MatchConditions
    from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError

    with pytest.raises(ResourceNotFoundError):
        blob.set_blob_metadata({"owner": "nobody"})
    before = blob.upload_blob(b"x", metadata={"owner": "vision"})["etag"]
    after = blob.set_blob_metadata({"reviewed": "yes"})["etag"]
    assert (before != after, blob.get_blob_properties().metadata) == (True, {"reviewed": "yes"})
    with pytest.raises(ResourceModifiedError):
        blob.set_blob_metadata({}, etag=before, match_condition=MatchConditions.IfNotModified)
    blob.upload_blob(b"y", overwrite=True)
    assert (blob.get_blob_properties().metadata, blob.download_blob().readall()) == ({}, b"y")


def test_a_file_that_something_else_writes_is_a_plain_blob(blob: Any, emulator: Emulator) -> None:
    """Runs write to the folder itself: what was said of the bytes before is not said of theirs."""
    blob.upload_blob(b"x", metadata={"owner": "vision"})
    (emulator.folder / "blobs" / "azureml-blobstore" / blob.blob_name).write_bytes(b"other")
    assert (blob.get_blob_properties().metadata, blob.download_blob().readall()) == ({}, b"other")


def test_deleted_with_its_metadata(blob: Any) -> None:
    blob.upload_blob(b"x", metadata={"owner": "vision"})
    blob.delete_blob(delete_snapshots="include")
    blob.upload_blob(b"x")
    assert blob.get_blob_properties().metadata == {}


def test_what_the_content_is(container: Any, blob: Any) -> None:
    sent = {"content_type": "text/csv", "content_encoding": "identity", "content_language": "de"}
    sent |= {"content_disposition": "attachment", "cache_control": "no-cache"}
    blob.upload_blob(b"x", content_settings=settings(**sent))
    told = blob.get_blob_properties().content_settings
    assert {key: told[key] for key in sent} == sent
    (listed,) = container.list_blobs(name_starts_with=blob.blob_name)
    assert listed.content_settings.content_type == "text/csv"
    blob.set_http_headers(settings(content_type="text/plain"))
    told = blob.get_blob_properties().content_settings
    assert (told.content_type, told.cache_control) == ("text/plain", None)


def test_bytes_that_arrive_as_others(blob: Any) -> None:
    """The SDK's own storage library sends a SHA-256 with them, that of other programs an MD5."""
    blob.upload_blob(b"x" * 100, validate_content=True)
    assert blob.download_blob(validate_content=True).readall() == b"x" * 100
    md5, sha256 = "1B2M2Y8AsgTpgAmY7PhCfg==", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    for header, digest, code in (("Content-MD5", md5, "Md5Mismatch"), ("Content-SHA256", sha256, "Sha256Mismatch")):
        for query in ("", "&comp=block&blockid=MQ%3D%3D"):
            refused = requests.put(blob.url + query, b"y", headers={header: digest}, timeout=30)
            assert (refused.status_code, refused.json()["code"]) == (400, code)
    assert (blob.download_blob().readall(), blob.get_block_list("all")) == (b"x" * 100, ([], []))


def test_blocks_are_checked_and_so_is_their_list(blob: Any) -> None:
    blob.stage_block("block", b"x", validate_content=True)
    blob.commit_block_list(["block"], validate_content=True)
    assert blob.download_blob().readall() == b"x"
    wrong = {"Content-SHA256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}
    refused = requests.put(f"{blob.url}&comp=blocklist", b"<BlockList></BlockList>", headers=wrong, timeout=30)
    assert (refused.status_code, blob.download_blob().readall()) == (400, b"x")


def test_the_md5_is_kept(blob: Any) -> None:
    md5 = hashlib.md5(b"x", usedforsecurity=False).digest()
    sent = {"Content-MD5": base64.b64encode(md5).decode(), "x-ms-blob-type": "BlockBlob"}
    assert requests.put(blob.url, b"x", headers=sent, timeout=30).status_code == 201
    assert bytes(blob.get_blob_properties().content_settings.content_md5) == md5


def test_blocks_that_a_blob_was_made_of(blob: Any) -> None:
    for number in range(3):
        blob.stage_block(f"block-{number}", b"x" * number)
    blob.commit_block_list(["block-2", "block-1"])
    blob.stage_block("block-9", b"waits")
    committed, waiting = blob.get_block_list("all")
    assert [(block.id, block.size) for block in committed] == [("block-2", 2), ("block-1", 1)]
    assert [(block.id, block.size) for block in waiting] == [("block-9", 5)]
    assert [block.id for block in blob.get_block_list("committed")[0]] == ["block-2", "block-1"]
    blob.upload_blob(b"whole", overwrite=True)
    assert blob.get_block_list("all") == ([], [])


def test_a_block_is_taken_from_where_the_list_says(blob: Any) -> None:
    def commit(where: str) -> int:
        body = f"<BlockList><{where}>{'YmxvY2s='}</{where}></BlockList>"
        return requests.put(blob.url + "&comp=blocklist", body, timeout=30).status_code

    blob.stage_block("block", b"old")
    assert (commit("Committed"), commit("Uncommitted"), commit("Uncommitted")) == (400, 201, 400)
    blob.stage_block("block", b"new")
    assert (commit("Committed"), blob.download_blob().readall()) == (201, b"old")


def test_only_what_is_new_is_read(blob: Any) -> None:
    from azure.core import MatchConditions
    from azure.core.exceptions import HttpResponseError, ResourceModifiedError

    tag, moment = blob.upload_blob(b"x")["etag"], datetime.now(timezone.utc)
    with pytest.raises(HttpResponseError) as unmodified:
        blob.download_blob(etag=tag, match_condition=MatchConditions.IfModified)
    assert unmodified.value.status_code == 304
    with pytest.raises(HttpResponseError) as unmodified:
        blob.get_blob_properties(if_modified_since=moment + timedelta(minutes=1))
    assert unmodified.value.status_code == 304
    with pytest.raises(ResourceModifiedError):
        blob.download_blob(etag='"other"', match_condition=MatchConditions.IfNotModified)
    with pytest.raises(HttpResponseError) as modified:
        blob.get_blob_properties(if_unmodified_since=moment - timedelta(minutes=1))
    assert modified.value.status_code == 412
    assert blob.download_blob(if_modified_since=moment - timedelta(minutes=1)).readall() == b"x"


def test_only_what_is_old_is_written(blob: Any) -> None:
    from azure.core.exceptions import ResourceModifiedError

    blob.upload_blob(b"x")
    long_ago = datetime.now(timezone.utc) - timedelta(days=1)
    changes: tuple[Callable[[], Any], ...] = (
        lambda: blob.upload_blob(b"y", overwrite=True, if_unmodified_since=long_ago),
        lambda: blob.set_blob_metadata({"owner": "y"}, if_unmodified_since=long_ago),
        lambda: blob.delete_blob(if_unmodified_since=long_ago),
        lambda: blob.delete_blob(if_modified_since=datetime.now(timezone.utc) + timedelta(days=1)),
    )
    for change in changes:
        with pytest.raises(ResourceModifiedError):
            change()
    assert (blob.download_blob().readall(), blob.get_blob_properties().metadata) == (b"x", {})


def test_the_container(container: Any) -> None:
    assert container.get_container_properties().name == container.container_name


def test_a_browser_runs_nothing_of_a_blob(container: Any, blob: Any) -> None:
    """A blob says itself that it is a page, and has the address of the studio, whose visitor is signed in."""
    blob.upload_blob(b"<script>1</script>", content_settings=settings(content_type="text/html"))
    answer = requests.get(blob.url, timeout=30)
    assert answer.headers["Content-Security-Policy"] == "sandbox"
    assert answer.headers["Content-Type"] == "text/html"
