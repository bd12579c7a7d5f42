"""Models that MLflow saves and registers: the models of SDK v1, which deploys them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from azureml.core import Workspace

QUICK = {"pip_requirements": ["scikit-learn"], "serialization_format": "cloudpickle"}
"""MLflow takes ten seconds to find the requirements out; its newest format needs a package of its own."""


@pytest.fixture
def logged(mlflow: Any, in_experiment: Any) -> str:
    """Id of a run with the model "model", of scikit-learn."""
    import mlflow.sklearn
    from sklearn.linear_model import LinearRegression

    with mlflow.start_run() as active:
        mlflow.sklearn.log_model(LinearRegression().fit([[0.0], [1.0]], [1.0, 3.0]), "model", **QUICK)
    return str(active.info.run_id)


def test_a_registered_model(mlflow: Any, logged: str, workspace: Workspace, tmp_path: Path) -> None:
    from azureml.core import Model

    assert mlflow.sklearn.load_model(f"runs:/{logged}/model").predict([[2.0]]) == pytest.approx([5.0])
    registered = mlflow.register_model(f"runs:/{logged}/model", "by-mlflow", tags={"of": "test"})
    again = mlflow.register_model(f"runs:/{logged}/model", "by-mlflow")
    assert (int(registered.version), int(again.version)) == (1, 2)
    loaded = mlflow.pyfunc.load_model("models:/by-mlflow/1")
    assert loaded.predict([[2.0]]) == pytest.approx([5.0])

    model = Model(workspace, "by-mlflow", version=1)
    assert (model.model_framework, model.tags, model.run_id) == ("MLFlow", {"of": "test"}, logged)
    folder = Path(model.download(str(tmp_path)))
    assert (folder / "MLmodel").is_file()


def test_versions_and_stages(mlflow: Any, logged: str) -> None:
    client = mlflow.MlflowClient()
    client.create_registered_model("staged", description="of a test", tags={"a": "b"})
    with pytest.raises(mlflow.MlflowException, match="registered model 'staged' exists"):
        client.create_registered_model("staged")
    source = f"{mlflow.get_run(logged).info.artifact_uri}/model"
    for _ in range(2):
        client.create_model_version("staged", source, logged)
    client.transition_model_version_stage("staged", "1", "Production")
    client.transition_model_version_stage("staged", "2", "Production", archive_existing_versions=True)
    assert [int(one.version) for one in client.get_latest_versions("staged", ["Production"])] == [2]
    assert client.get_model_version("staged", "1").current_stage == "Archived"
    client.update_model_version("staged", "1", description="the first")
    client.set_model_version_tag("staged", "1", "old", "yes")
    client.set_registered_model_tag("staged", "more", "tags")
    client.update_registered_model("staged", "changed")
    found = client.search_model_versions("name = 'staged' and tags.old = 'yes'")
    assert [(str(one.version), one.description) for one in found] == [("1", "the first")]
    [registered] = client.search_registered_models("name LIKE 'stag%'")
    assert (registered.description, registered.tags) == ("changed", {"a": "b", "more": "tags"})
    client.delete_model_version("staged", "1")
    client.delete_registered_model("staged")
    with pytest.raises(mlflow.MlflowException, match="registered model 'staged' not found"):
        client.get_registered_model("staged")


def test_a_model_of_the_sdk(mlflow: Any, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import mlflow.sklearn
    from azureml.core import Model
    from sklearn.linear_model import LinearRegression

    monkeypatch.chdir(tmp_path)
    mlflow.sklearn.save_model(LinearRegression().fit([[0.0], [1.0]], [1.0, 3.0]), "saved", **QUICK)
    Model.register(workspace, "saved", "by-sdk", tags={"of": "sdk"})
    assert mlflow.pyfunc.load_model("models:/by-sdk/1").predict([[2.0]]) == pytest.approx([5.0])
    assert mlflow.MlflowClient().get_registered_model("by-sdk").latest_versions[0].tags == {"of": "sdk"}

    mlflow.register_model((tmp_path / "saved").as_uri(), "uploaded")
    assert mlflow.pyfunc.load_model("models:/uploaded/1").predict([[2.0]]) == pytest.approx([5.0])
    Model(workspace, "uploaded").delete()


@pytest.mark.parametrize("source", ["s3://bucket/model", "runs:/none/model", "azureml://artifacts/LocalUpload/a/b"])
def test_a_source_that_is_not_there(mlflow: Any, source: str) -> None:
    client = mlflow.MlflowClient()
    if not client.search_registered_models("name = 'nothing'"):
        client.create_registered_model("nothing")
    with pytest.raises(mlflow.MlflowException, match=r"is neither a run's|run 'none' not found|there is nothing at"):
        client.create_model_version("nothing", source)


def test_autolog(mlflow: Any, in_experiment: Any) -> None:
    import mlflow.sklearn
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    mlflow.sklearn.autolog(log_models=False)
    try:
        with mlflow.start_run() as active:
            LogisticRegression(C=0.5).fit(np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 0, 1, 1]))
    finally:
        mlflow.sklearn.autolog(disable=True)
    found = mlflow.get_run(active.info.run_id)
    assert found.data.params["C"] == "0.5"
    assert "training_score" in found.data.metrics
    assert [one.dataset.source_type for one in found.inputs.dataset_inputs] == ["code"]
    assert "training_confusion_matrix.png" in [
        one.path for one in mlflow.artifacts.list_artifacts(run_id=active.info.run_id)
    ]
