"""Append blobs, as logs and the parts of datasets are: through the SDK, and the storage library inside it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azureml.core import Experiment, Workspace


@pytest.fixture
def container(workspace: Workspace) -> Any:
    store = workspace.get_default_datastore()
    return store.blob_service.get_container_client(store.container_name)


@pytest.fixture
def blob(container: Any, request: pytest.FixtureRequest) -> Any:
    """An append blob without bytes."""
    client = container.get_blob_client(f"appended/{request.node.name}")
    client.create_append_blob(metadata={"owner": "tests"})
    return client


@pytest.mark.slow  # the SDK's watcher of log files sleeps for ten seconds
def test_a_run_outside_of_the_workspace_keeps_its_log(
    experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK keeps the log in the folder that it is called in, and appends what is new in it to a blob."""
    monkeypatch.chdir(tmp_path)
    with experiment.start_logging(snapshot_directory=None, outputs=False) as run:
        print("hello")
        run.log("accuracy", 0.5)
    assert (run.get_status(), run.get_metrics()) == ("Completed", {"accuracy": 0.5})
    (log,) = (name for name in run.get_file_names() if name.endswith("user_log.txt"))
    assert run.get_details_with_logs()["logFiles"][log].splitlines()[-1] == "hello"


def test_an_address_to_go_on_writing_at(experiment: Experiment) -> None:
    """What the watcher of log files asks for where its own address has expired."""
    from azureml._restclient.artifacts_client import ArtifactsClient
    from azureml._vendor.azure_storage import blob as library

    run = experiment.start_logging(snapshot_directory=None, outputs=False)
    try:
        artifacts = ArtifactsClient(experiment.workspace.service_context)
        container, name = f"dcid.{run.id}", "logs/own.txt"
        artifacts.create_empty_artifacts("ExperimentRun", container, [name])
        address = artifacts.get_writeable_artifact_sas_uri("ExperimentRun", container, name)
        client: Any = cast(Any, library.BlobClient).from_blob_url(address)
        client.upload_blob(b"one ", blob_type="AppendBlob")
        client.upload_blob(b"two", blob_type="AppendBlob")
        assert client.download_blob().readall() == b"one two"
    finally:
        run.complete()


def test_what_is_appended_is_told_of(blob: Any, emulator: Emulator) -> None:
    first, second = blob.append_block(b"one "), blob.append_block(b"two")
    assert (first["blob_append_offset"], second["blob_append_offset"]) == ("0", "4")
    assert (first["blob_committed_block_count"], second["blob_committed_block_count"]) == (1, 2)
    told = blob.get_blob_properties()
    assert (told.blob_type.value, told.append_blob_committed_block_count, told.size) == ("AppendBlob", 2, 7)
    assert (told.etag, told.metadata) == (second["etag"], {"owner": "tests"})
    assert blob.download_blob().readall() == b"one two"
    assert (emulator.folder / "blobs" / "azureml-blobstore" / blob.blob_name).read_bytes() == b"one two"


def test_bytes_are_appended_where_they_belong(blob: Any) -> None:
    from azure.core.exceptions import HttpResponseError

    blob.append_block(b"0123", appendpos_condition=0, maxsize_condition=4)
    for conditions, code in (
        ({"appendpos_condition": 3}, "AppendPositionConditionNotMet"),
        ({"maxsize_condition": 4}, "MaxBlobSizeConditionNotMet"),
    ):
        with pytest.raises(HttpResponseError, match=code) as refused:
            blob.append_block(b"4", **conditions)
        assert refused.value.status_code == 412
    assert blob.append_block(b"45", appendpos_condition=4, maxsize_condition=6)["blob_append_offset"] == "4"
    assert blob.download_blob().readall() == b"012345"


def test_only_the_version_that_was_read_is_appended_to(blob: Any) -> None:
    from azure.core import MatchConditions
    from azure.core.exceptions import ResourceModifiedError

    read = blob.append_block(b"one ")["etag"]
    asked = {"etag": read, "match_condition": MatchConditions.IfNotModified}
    blob.append_block(b"two ", **asked)
    with pytest.raises(ResourceModifiedError):
        blob.append_block(b"three", **asked)
    assert blob.download_blob().readall() == b"one two "


def test_many_append_at_once(blob: Any) -> None:
    lines = [f"{number:03d}\n".encode() * 100 for number in range(24)]
    with ThreadPoolExecutor(6) as pool:
        offsets = {int(done["blob_append_offset"]) for done in pool.map(blob.append_block, lines)}
    content = blob.download_blob().readall()
    assert offsets == set(range(0, 24 * 400, 400))
    assert sorted(content[start : start + 400] for start in offsets) == lines
    assert blob.get_blob_properties().append_blob_committed_block_count == 24


def test_neither_kind_of_blob_is_taken_for_the_other(container: Any, blob: Any) -> None:
    from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

    blob.append_block(b"one")
    with pytest.raises(HttpResponseError, match="InvalidBlobType"):
        blob.stage_block("block", b"x")
    with pytest.raises(HttpResponseError, match="InvalidBlobType"):
        blob.commit_block_list([])
    blocks = container.upload_blob("appended/block-blob", b"x", overwrite=True)
    with pytest.raises(HttpResponseError, match="InvalidBlobType"):
        blocks.append_block(b"y")
    with pytest.raises(ResourceNotFoundError):
        container.get_blob_client("appended/none").append_block(b"y")
    assert (blob.download_blob().readall(), blocks.download_blob().readall()) == (b"one", b"x")


def test_an_append_blob_is_made_anew(blob: Any) -> None:
    from azure.core.exceptions import ResourceExistsError

    blob.append_block(b"one")
    with pytest.raises(ResourceExistsError):
        blob.create_append_blob(if_none_match="*")
    blob.upload_blob(b"two", blob_type="AppendBlob", overwrite=True)
    assert blob.download_blob().readall() == b"two"
    assert blob.get_blob_properties().metadata == {}
    blob.upload_blob(b"whole", overwrite=True)
    assert blob.get_blob_properties().blob_type.value == "BlockBlob"


def test_a_dataset_in_parts(workspace: Workspace) -> None:
    """The native library writes each part to an append blob, and sends what is refused with 501 without end."""
    import pandas as pd  # type: ignore[import-untyped]
    from azureml.core import Dataset

    store = workspace.get_default_datastore()
    frame = pd.DataFrame({"a": [1, 2, 3, 4], "country": ["x", "y", "x", "z"]})
    whole = Dataset.Tabular.register_pandas_dataframe(frame, (store, "whole"), "whole", show_progress=False)
    parts = whole.partition_by(["country"], (store, "parts"), name="parts")
    assert parts.partition_keys == ["country"]
    assert sorted(one["country"] for one in parts.get_partition_key_values()) == ["x", "y", "z"]
    found = parts.to_pandas_dataframe().sort_values("a")
    assert (list(found["a"]), list(found["country"])) == ([1, 2, 3, 4], ["x", "y", "x", "z"])
