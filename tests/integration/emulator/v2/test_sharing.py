"""One store: what one SDK registers, the other finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from azure.ai.ml import MLClient
    from azureml.core import Workspace

Rest = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model; SDK v1 takes models from below the current folder only."""
    folder = tmp_path_factory.mktemp("sharing") / "model"
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"graph")
    (folder / "variables" / "variables.index").write_bytes(b"index")
    return folder


@pytest.fixture
def register_v1(workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    from azureml.core import Model

    monkeypatch.chdir(folder.parent)
    return lambda name, path="model", **options: Model.register(workspace, path, name, **options)


def register_v2(client: MLClient, path: Path, name: str, **options: Any) -> Any:
    from azure.ai.ml.entities import Model

    return client.models.create_or_update(Model(path=str(path), name=name, **options))


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_model_of_v1_in_v2(
    client: MLClient, workspace: Workspace, register_v1: Callable[..., Any], folder: Path, tmp_path: Path, rest: Rest
) -> None:
    from azureml.core import Model

    made = register_v1("sharing-v1", tags={"a": "b"}, properties={"hash": "1"}, description="digits")
    found = client.models.get("sharing-v1", version="1")
    assert (found.tags, found.properties, found.description) == ({"a": "b"}, {"hash": "1"}, "digits")
    client.models.download("sharing-v1", "1", download_path=str(tmp_path))
    assert files(tmp_path / "sharing-v1" / "model") == files(folder)
    assert client.models.get("sharing-v1", label="latest").version == "1"
    found.tags = {"a": "changed"}
    client.models.create_or_update(found)
    assert Model(workspace, "sharing-v1").tags == {"a": "changed"}
    assert register_v2(client, folder, "sharing-v1").version == "2"
    made.delete()
    assert [one.version for one in client.models.list("sharing-v1")] == ["2"]
    assert rest("GET", "", "/models/sharing-v1/versions/1").status_code == 404


def test_a_model_of_v2_in_v1(client: MLClient, workspace: Workspace, folder: Path, tmp_path: Path) -> None:
    from azureml.core import Model

    register_v2(client, folder, "sharing-v2", tags={"a": "b"}, description="digits")
    register_v2(client, folder / "saved_model.pb", "sharing-v2")
    first, second = Model(workspace, "sharing-v2", version=1), Model(workspace, "sharing-v2")
    assert (first.tags, first.description, second.version) == ({"a": "b"}, "digits", 2)
    assert files(Path(first.download(str(tmp_path / "one")))) == files(folder)
    assert Path(second.download(str(tmp_path / "two"))).read_bytes() == b"graph"
    first.add_tags({"c": "d"})
    assert client.models.get("sharing-v2", version="1").tags == {"a": "b", "c": "d"}
    second.delete()
    assert [one.version for one in client.models.list("sharing-v2")] == ["1"]


def test_numbers_go_on_in_both(client: MLClient, register_v1: Callable[..., Any], folder: Path) -> None:
    """A number that SDK v1 gave once isn't given again; other names of versions are SDK v2's alone."""
    register_v1("sharing-numbers").delete()
    assert register_v1("sharing-numbers").version == 2
    assert register_v2(client, folder, "sharing-numbers").version == "3"
    assert register_v2(client, folder, "sharing-numbers", version="9").version == "9"
    assert register_v2(client, folder, "sharing-numbers", version="spring").version == "spring"
    made = register_v1("sharing-numbers")
    assert made.version == 10
    assert [one.version for one in client.models.list("sharing-numbers")] == ["2", "3", "9", "spring", "10"]
    from azureml.core import Model

    assert [one.version for one in Model.list(made.workspace, "sharing-numbers")] == [10, 9, 3, 2]


def test_an_environment_of_v1_in_v2(client: MLClient, workspace: Workspace) -> None:
    from azure.ai.ml.entities import Environment as EnvironmentV2
    from azureml.core import Environment
    from azureml.core.conda_dependencies import CondaDependencies

    made = Environment("sharing-environment")
    made.docker.base_image = "mcr.microsoft.com/base:1"
    made.python.conda_dependencies = CondaDependencies.create(pip_packages=["numpy"])
    made.environment_variables = {"MODE": "shared"}
    made.register(workspace)
    found = client.environments.get("sharing-environment", version="1")
    assert found.image == "mcr.microsoft.com/base:1"
    assert found.conda_file["dependencies"][-1] == {"pip": ["numpy", "azureml-defaults"]} or found.conda_file
    again = EnvironmentV2(name="sharing-environment", image=found.image, conda_file=found.conda_file)
    assert client.environments.create_or_update(again).version == "1"
    assert Environment.get(workspace, "sharing-environment").environment_variables == {"MODE": "shared"}
    other = EnvironmentV2(name="sharing-environment", image="mcr.microsoft.com/base:2")
    assert client.environments.create_or_update(other).version == "2"
    made.docker.base_image = "mcr.microsoft.com/base:3"
    assert made.register(workspace).version == "3"
    assert client.environments.get("sharing-environment", label="latest").image == "mcr.microsoft.com/base:3"


def test_an_environment_of_v2_in_v1(client: MLClient, workspace: Workspace) -> None:
    from azure.ai.ml.entities import Environment as EnvironmentV2
    from azureml.core import Environment

    conda = {"name": "shared", "dependencies": ["python=3.11", {"pip": ["numpy==2.0.0"]}]}
    made = EnvironmentV2(name="sharing-conda", image="mcr.microsoft.com/base:1", conda_file=conda, tags={"a": "b"})
    client.environments.create_or_update(made)
    client.environments.create_or_update(EnvironmentV2(name="sharing-conda", image="mcr.microsoft.com/base:2"))
    first, second = Environment.get(workspace, "sharing-conda", "1"), Environment.get(workspace, "sharing-conda")
    assert (first.docker.base_image, list(first.python.conda_dependencies.pip_packages)) == (
        made.image,
        ["numpy==2.0.0"],
    )
    assert (second.docker.base_image, second.python.user_managed_dependencies) == ("mcr.microsoft.com/base:2", True)
    first.docker.base_image = "mcr.microsoft.com/base:9"
    first.register(workspace)  # SDK v1 writes a version again
    found = client.environments.get("sharing-conda", version="1")
    assert (found.image, found.tags) == ("mcr.microsoft.com/base:9", {"a": "b"})


def test_what_v2_has_no_words_for_is_not_listed(client: MLClient, workspace: Workspace, rest: Rest) -> None:
    from azureml.core import Environment

    made = Environment("sharing-dockerfile")
    made.docker.base_image, made.docker.base_dockerfile = None, "FROM scratch"
    made.register(workspace)
    assert "sharing-dockerfile" not in [one.name for one in client.environments.list()]
    answer = rest("GET", "", "/environments/sharing-dockerfile/versions/1")
    assert (answer.status_code, "with a Dockerfile as a text" in answer.text) == (404, True)
    body = {"properties": {"image": "mcr.microsoft.com/base:1"}}
    assert rest("PUT", "", "/environments/sharing-dockerfile/versions/1", json=body).status_code == 409


def test_data_of_v2_in_v1(client: MLClient, workspace: Workspace, folder: Path, tmp_path: Path) -> None:
    """As a dataset of files, which is asked for by name; it isn't listed, and has no id."""
    from azure.ai.ml.entities import Data
    from azureml.core import Dataset

    client.data.create_or_update(Data(name="sharing-data", path=str(folder), type="uri_folder"))
    client.data.create_or_update(Data(name="sharing-data", path=str(folder / "saved_model.pb"), type="uri_file"))
    client.data.create_or_update(Data(name="sharing-data", path=str(folder), type="uri_folder", version="spring"))
    whole = Dataset.get_by_name(workspace, "sharing-data", version=1).download(str(tmp_path / "whole"))
    assert {Path(path).name for path in whole} == {"saved_model.pb", "variables.index"}
    [one] = Dataset.get_by_name(workspace, "sharing-data", version=2).download(str(tmp_path / "one"))
    assert Path(one).read_bytes() == b"graph"
    assert len(Dataset.get_by_name(workspace, "sharing-data").to_path()) == 2
    assert "sharing-data" not in list(Dataset.get_all(workspace))


def test_datasets_of_v1_are_no_data_assets(client: MLClient, workspace: Workspace, rest: Rest) -> None:
    """They are definitions, which SDK v2 has no words for: both may have one name."""
    from azureml.core import Dataset

    store = workspace.get_default_datastore()
    Dataset.File.from_files((store, "sharing/**"), validate=False).register(workspace, "sharing-dataset")
    assert "sharing-dataset" not in [one.name for one in client.data.list()]
    assert rest("GET", "", "/data/sharing-dataset/versions/1").status_code == 404


@pytest.fixture
def mlflow(workspace: Workspace) -> Iterator[Any]:
    import mlflow

    mlflow.set_tracking_uri(workspace.get_mlflow_tracking_uri())
    yield mlflow
    mlflow.set_tracking_uri("")


def test_models_of_v2_in_mlflow_and_back(client: MLClient, mlflow: Any, tmp_path: Path) -> None:
    from azure.ai.ml.entities import Model

    mlflow.set_experiment("sharing")
    with mlflow.start_run() as run:
        mlflow.log_text("weights", "net/weights.txt")
    uri = f"runs:/{run.info.run_id}/net"
    made = client.models.create_or_update(Model(path=uri, name="sharing-mlflow", type="mlflow_model"))
    assert "/datastores/workspaceartifactstore/paths/ExperimentRun/" in made.path
    folder = Path(mlflow.artifacts.download_artifacts("models:/sharing-mlflow/1", dst_path=str(tmp_path / "1")))
    assert (folder / "weights.txt").read_text() == "weights"
    register_v2(client, folder, "sharing-mlflow")
    again = Path(mlflow.artifacts.download_artifacts("models:/sharing-mlflow/2", dst_path=str(tmp_path / "2")))
    assert [path.read_text() for path in again.rglob("weights.txt")] == ["weights"]
    third = mlflow.MlflowClient().create_model_version("sharing-mlflow", f"{run.info.artifact_uri}/net")
    assert int(third.version) == 3
    client.models.download("sharing-mlflow", "3", download_path=str(tmp_path / "3"))
    assert [path.read_text() for path in (tmp_path / "3").rglob("weights.txt")] == ["weights"]
    assert client.models.get("sharing-mlflow", version="3").type == "mlflow_model"
