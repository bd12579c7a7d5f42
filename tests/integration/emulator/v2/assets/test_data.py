"""Data assets by SDK v2."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

Rest = Callable[..., requests.Response]


def test_folder_file_and_table(client: MLClient, emulator: Emulator, tmp_path: Path) -> None:
    from azure.ai.ml.entities import Data

    folder = tmp_path / "data-folder"
    folder.mkdir()
    (folder / "a.csv").write_text("x\n1\n")
    (folder / "MLTable").write_text(
        "paths:\n  - file: ./a.csv\ntransformations:\n  - read_delimited:\n      delimiter: ','\n"
    )
    for kind, path in (("uri_folder", folder), ("uri_file", folder / "a.csv"), ("mltable", folder)):
        data = Data(name=f"data-{kind}", path=str(path), type=kind, tags={"kind": kind}, description=kind)
        made = client.data.create_or_update(data)
        found = client.data.get(made.name, version=made.version)
        assert (made.version, found.type, found.tags, found.description) == ("1", kind, {"kind": kind}, kind)
        below = found.path.partition("/datastores/workspaceblobstore/paths/")[2]
        stored = emulator.folder / "blobs" / "azureml-blobstore" / below
        assert (stored if kind == "uri_file" else stored / "a.csv").read_text() == "x\n1\n"


def test_versions(client: MLClient) -> None:
    from azure.ai.ml.entities import Data
    from azure.core.exceptions import ResourceExistsError

    def register(path: str, version: str | None = None) -> Any:
        uri = f"azureml://datastores/workspaceblobstore/paths/{path}"
        return client.data.create_or_update(Data(name="data-versions", path=uri, type="uri_folder", version=version))

    assert [register(path).version for path in ("a/", "b/")] == ["1", "2"]
    assert register("c/", "spring").version == "spring"
    with pytest.raises(ResourceExistsError, match="another dataUri, which never changes"):
        register("d/", "spring")
    assert client.data.get("data-versions", label="latest").version == "spring"
    client.data.archive("data-versions", version="1")
    assert [one.version for one in client.data.list("data-versions")] == ["2", "spring"]
    client.data.archive("data-versions")
    assert "data-versions" not in [one.name for one in client.data.list()]


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("https://example.com/data.csv", "reaches no storage but its own"),
        ("wasbs://c@account.blob.core.windows.net/x", "reaches no storage but its own"),
        ("azureml://datastores/warehouse/paths/x", "datastore 'warehouse' not found"),
        ("azureml://datastores/workspaceblobstore/paths/a/../../b", "is not allowed"),
        ("https://127.0.0.1/nowhere/x", "no container 'nowhere'"),
        ("azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/d/paths/x", "it is in workspace 'w'"),
        ("azureml://jobs/nothing/outputs/artifacts/paths/x", "job 'nothing' not found"),
    ],
)
def test_refused(rest: Rest, uri: str, said: str) -> None:
    body = {"properties": {"dataType": "uri_folder", "dataUri": uri}}
    answer = rest("PUT", "", "/data/data-refused/versions/1", json=body)
    assert (answer.status_code, said in answer.json()["error"]["message"]) == (400, True), answer.text


def test_files_of_a_run_are_kept_as_where_they_lie(rest: Rest) -> None:
    made = rest("PATCH", "/history/v1.0", "/experiments/data-of-runs/runs/data-run", json={"runId": "data-run"})
    uri = "azureml://jobs/data-run/outputs/artifacts/paths/outputs/"
    body = {"properties": {"dataType": "uri_folder", "dataUri": uri}}
    kept = rest("PUT", "", "/data/data-of-run/versions/1", json=body).json()["properties"]["dataUri"]
    container = made.json()["dataContainerId"]
    assert kept.endswith(f"/datastores/workspaceartifactstore/paths/ExperimentRun/{container}/outputs")
    assert rest("PUT", "", "/data/data-of-run/versions/1", json=body).status_code == 200
