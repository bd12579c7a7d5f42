"""Models by SDK v2: versions, their files, and two clients that register at once."""

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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "digits"
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(bytes(range(256)))
    (folder / "variables" / "variables.index").write_text("index")
    return folder


@pytest.fixture(scope="module")
def register(client: MLClient, folder: Path) -> Callable[..., Any]:
    from azure.ai.ml.entities import Model

    def version(name: str, **options: Any) -> Any:
        return client.models.create_or_update(Model(path=str(folder), name=name, type="custom_model", **options))

    return version


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_there_and_back(client: MLClient, register: Callable[..., Any], folder: Path, tmp_path: Path) -> None:
    made = register("models-back", tags={"kind": "cnn"}, properties={"hash": "abc"}, description="digits")
    assert (made.version, made.type, made.path.startswith("azureml://subscriptions/")) == ("1", "custom_model", True)
    found = client.models.get("models-back", version="1")
    assert (found.tags, found.properties, found.description) == ({"kind": "cnn"}, {"hash": "abc"}, "digits")
    assert found.creation_context.created_at is not None
    client.models.download("models-back", "1", download_path=str(tmp_path))
    assert files(tmp_path / "models-back" / "digits") == files(folder)


def test_versions_labels_and_tags(client: MLClient, register: Callable[..., Any]) -> None:
    made = [register("models-versions") for _ in range(3)]
    assert [one.version for one in made] == ["1", "2", "3"]
    assert len({one.path for one in made}) == 1  # the same content is uploaded once
    assert client.models.get("models-versions", label="latest").version == "3"
    assert [one.version for one in client.models.list("models-versions")] == ["1", "2", "3"]
    assert {one.name: one.latest_version for one in client.models.list()}["models-versions"] == "3"
    second = made[1]
    second.tags = {"stage": "production"}
    assert client.models.create_or_update(second).version == "2"
    assert client.models.get("models-versions", version="2").tags == {"stage": "production"}
    assert client.models.get("models-versions", label="latest").version == "3"


def test_archived(client: MLClient, register: Callable[..., Any]) -> None:
    from azure.ai.ml.constants import ListViewType

    def listed(view: ListViewType = ListViewType.ACTIVE_ONLY) -> list[str]:
        return [one.version for one in client.models.list("models-archive", list_view_type=view)]

    for _ in range(2):
        register("models-archive", tags={"a": "b"})
    client.models.archive("models-archive", version="2")
    assert (listed(), listed(ListViewType.ARCHIVED_ONLY), listed(ListViewType.ALL)) == (["1"], ["2"], ["1", "2"])
    assert client.models.get("models-archive", version="2").tags == {"a": "b"}
    client.models.archive("models-archive")
    assert listed() == []
    assert "models-archive" not in [one.name for one in client.models.list()]
    client.models.restore("models-archive")
    client.models.restore("models-archive", version="2")
    assert listed() == ["1", "2"]


def test_a_version_keeps_its_files(client: MLClient, register: Callable[..., Any], rest: Rest, tmp_path: Path) -> None:
    from azure.ai.ml.entities import Model
    from azure.core.exceptions import ResourceExistsError

    first = register("models-kept")
    (tmp_path / "other.txt").write_text("other")
    with pytest.raises(ResourceExistsError, match="another modelUri, which never changes"):
        client.models.create_or_update(Model(path=str(tmp_path / "other.txt"), name="models-kept", version="1"))
    assert client.models.get("models-kept", version="1").path == first.path
    nowhere = {"properties": {"modelUri": "azureml://datastores/workspaceblobstore/paths/nowhere"}}
    answer = rest("PUT", "", "/models/models-kept/versions/2", json=nowhere)
    assert (answer.status_code, "there is nothing at this address" in answer.text) == (400, True)


def test_versions_that_are_no_numbers(client: MLClient, register: Callable[..., Any]) -> None:
    assert register("models-named", version="2026-01-a").version == "2026-01-a"
    assert register("models-named").version == "1"
    assert [one.version for one in client.models.list("models-named")] == ["2026-01-a", "1"]


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"modelUri": "https://elsewhere.blob.core.windows.net/c/m"}, 400, "reaches no storage but its own"),
        ({"modelUri": "azureml://datastores/warehouse/paths/m"}, 400, "datastore 'warehouse' not found"),
        ({"modelUri": "azureml://datastores/workspaceblobstore/paths/../../secrets.json"}, 400, "is not allowed"),
        ({"modelUri": "runs:/nothing/model"}, 400, "run 'nothing' not found"),
        ({"modelType": "onnx"}, 400, "modelType must be"),
        ({"defaultDeploymentTemplate": {"assetId": "x"}}, 400, "models with 'defaultDeploymentTemplate'"),
        ({"tags": {"a": 1}}, 400, "properties.tags.a must be a text"),
    ],
)
def test_refused(rest: Rest, changes: dict[str, Any], status: int, said: str) -> None:
    body = {"properties": {"modelUri": "azureml://datastores/workspaceblobstore/paths/x"} | changes}
    answer = rest("PUT", "", "/models/models-refused/versions/1", json=body)
    assert (answer.status_code, said in answer.json()["error"]["message"]) == (status, True), answer.text
    assert rest("GET", "", "/models/models-refused").status_code == 404


def test_names_and_parameters_are_checked(rest: Rest) -> None:
    assert (
        "is 1 to 255 letters"
        in rest("PUT", "", "/models/a%20b/versions/1", json={"properties": {"modelUri": "x"}}).text
    )
    assert "listViewType is" in rest("GET", "", "/models?listViewType=Some").text
    assert "in the order" in rest("GET", "", "/models/x/versions?$orderBy=size").text
    assert "the parameter 'stage'" in rest("GET", "", "/models/x/versions?stage=Production").text
    assert rest("GET", "", "/models/x/versions?$top=0").status_code == 400


def test_files_of_a_run(client: MLClient, emulator: Emulator, rest: Rest) -> None:
    """A model can be registered from the files of a job, and lies where those do."""
    made = rest("PATCH", "/history/v1.0", "/experiments/models-of-runs/runs/models-run", json={"runId": "models-run"})
    container = made.json()["dataContainerId"]
    kept = emulator.folder / "blobs" / "azureml" / "ExperimentRun" / container / "outputs" / "model.txt"
    kept.parent.mkdir(parents=True)
    kept.write_text("weights")
    uri = "azureml://jobs/models-run/outputs/artifacts/paths/outputs/model.txt"
    answer = rest("PUT", "", "/models/models-of-run/versions/1", json={"properties": {"modelUri": uri}})
    assert answer.status_code == 201, answer.text
    assert answer.json()["properties"]["modelUri"].endswith(
        f"/datastores/workspaceartifactstore/paths/ExperimentRun/{container}/outputs/model.txt"
    )
