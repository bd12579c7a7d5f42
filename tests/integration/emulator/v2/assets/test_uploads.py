"""What uploads of SDK v2 ask of the storage: metadata on blobs, and containers that hold one upload."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from azureml_emulator.server.middleware.requestlog import FILE
from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With names that addresses encode."""
    folder = tmp_path / "uploads here"
    (folder / "inner").mkdir(parents=True)
    (folder / "a b.txt").write_text("a")
    (folder / "inner" / "é+%20.txt").write_text("b")
    return folder


def asked(emulator: Emulator, start: int) -> Counter[str]:
    """Requests for blobs since a position of the log, by method."""
    lines = (emulator.folder / FILE).read_bytes()[start:].splitlines()
    requests = map(json.loads, lines)
    return Counter(one["method"] for one in requests if "/azureml-blobstore/" in one["path"])


def test_the_same_folder_is_uploaded_once(client: MLClient, emulator: Emulator, folder: Path) -> None:
    from azure.ai.ml.entities import Data

    def register() -> tuple[str, Counter[str]]:
        start = (emulator.folder / FILE).stat().st_size
        made = client.data.create_or_update(Data(name="uploads-once", path=str(folder), type="uri_folder"))
        return made.path, asked(emulator, start)

    first, sent = register()
    second, again = register()
    assert second == first
    assert (sent["PUT"], again["PUT"]) == (3, 0)  # two files, and the note on the first that all are there
    stored = emulator.folder / "blobs" / "azureml-blobstore" / first.partition("/paths/")[2]
    assert {path.name for path in stored.rglob("*.txt")} == {"a b.txt", "é+%20.txt"}


def test_metadata_is_told_and_listed(client: MLClient, emulator: Emulator, tmp_path: Path) -> None:
    from azure.storage.blob import ContainerClient

    sas = client.datastores.get("workspaceblobstore", include_secrets=True).credentials.sas_token
    url = f"{emulator.address['tls']}/azureml-blobstore?{sas}"
    with ContainerClient.from_container_url(url) as container:
        blob = container.upload_blob("uploads/noted.txt", b"x", metadata={"first": "1"})
        blob.set_blob_metadata({"upload_status": "completed", "Name": "n"})
        assert blob.get_blob_properties().metadata == {"upload_status": "completed", "Name": "n"}
        assert blob.download_blob().properties.metadata == {"upload_status": "completed", "Name": "n"}
        [listed] = container.list_blobs("uploads/noted", include=["metadata"])
        assert listed.metadata == {"upload_status": "completed", "Name": "n"}


def test_what_was_noted_goes_with_the_files(client: MLClient, emulator: Emulator, folder: Path) -> None:
    """An upload whose files a person has deleted is one that is to be made again."""
    from azure.ai.ml.entities import Data

    made = client.data.create_or_update(Data(name="uploads-gone", path=str(folder), type="uri_folder"))
    stored = emulator.folder / "blobs" / "azureml-blobstore" / made.path.partition("/paths/")[2]
    shutil.rmtree(stored)
    client.data.create_or_update(Data(name="uploads-gone", path=str(folder), type="uri_folder"))
    assert (stored / "a b.txt").read_text() == "a"
