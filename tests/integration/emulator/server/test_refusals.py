"""A refusal ends the call of every client of the SDK at once, with the reason in the exception's text.

Counted are the requests that were refused: a client that takes a refusal for a fault that passes sends more.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from azureml_emulator.errors import NotSupported
from tests.integration.emulator.coverage.driven import RequestLog

if TYPE_CHECKING:
    from azureml.core import Experiment, Workspace
    from azureml.data import TabularDataset

Call = Callable[[], object]


@pytest.fixture
def refused(local_workspace_folder: Path) -> Callable[[Call, str], int]:
    """How many requests a call sends that are refused; its exception has the reason."""

    def requests_of(call: Call, reason: str) -> int:
        log = RequestLog(local_workspace_folder)
        with pytest.raises(Exception, match=f"does not have {reason}"):
            call()
        return sum(line["error"] == NotSupported.code and line["path"] != "/" for line in log.new_lines())

    return requests_of


@pytest.fixture
def script(compute: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    from azureml.core import Environment, ScriptRunConfig

    monkeypatch.chdir(tmp_path)  # AutoML keeps logs in the folder that it is called in
    (tmp_path / "train.py").write_text("print('hello')")
    return ScriptRunConfig(str(tmp_path), "train.py", compute_target=compute, environment=Environment("refused"))


@pytest.fixture(scope="module")
def table(workspace: Workspace) -> TabularDataset:
    import pandas as pd  # type: ignore[import-untyped]
    from azureml.core import Dataset

    frame = pd.DataFrame({"a": range(60), "b": [0, 1] * 30})
    store = workspace.get_default_datastore()
    return Dataset.Tabular.register_pandas_dataframe(frame, (store, "refusals"), "refusals", show_progress=False)


def test_hyperdrive(refused: Callable[[Call, str], int], experiment: Experiment, script: Any) -> None:
    from azureml.train.hyperdrive import HyperDriveConfig, PrimaryMetricGoal, RandomParameterSampling, choice

    configuration = HyperDriveConfig(
        run_config=script,
        hyperparameter_sampling=RandomParameterSampling({"--rate": choice(1, 2)}),
        primary_metric_name="accuracy",
        primary_metric_goal=PrimaryMetricGoal.MAXIMIZE,
        max_total_runs=2,
    )
    assert refused(lambda: experiment.submit(configuration), "the operation POST /hyperdrive/") == 1


@pytest.mark.usefixtures("script")
def test_automl(refused: Callable[[Call, str], int], experiment: Experiment, compute: str, table: Any) -> None:
    """It asks for a validation before, and goes on without one."""
    from azureml.train.automl import AutoMLConfig

    configuration = AutoMLConfig(
        task="classification",
        training_data=table,
        label_column_name="b",
        primary_metric="accuracy",
        compute_target=compute,
        iterations=2,
        n_cross_validations=3,
    )
    assert refused(lambda: experiment.submit(configuration), "the operation POST /jasmine/") == 2


def test_profile_of_a_dataset(refused: Callable[[Call, str], int], table: Any) -> None:
    assert refused(table.get_profile, "the operation POST /dataset/v1.0/datasets/.*/actions/result") == 1


def test_run_history(refused: Callable[[Call, str], int], experiment: Experiment, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    run = experiment.start_logging(snapshot_directory=None, outputs=False)
    try:
        call = lambda: run.upload_file("file", str(tmp_path / "file"), datastore_name="archive")  # noqa: E731
        assert refused(call, "artifacts in datastore 'archive'") == 1
    finally:
        run.complete()


def test_submission(refused: Callable[[Call, str], int], experiment: Experiment, script: Any) -> None:
    from azureml.core.runconfig import MpiConfiguration

    script.run_config.framework, script.run_config.communicator = "Python", "Mpi"
    script.run_config.mpi, script.run_config.node_count = MpiConfiguration(process_count_per_node=2, node_count=2), 2
    assert refused(lambda: experiment.submit(script), "distributed runs") == 1


def test_model_management(refused: Callable[[Call, str], int], workspace: Workspace, model: Any, scoring: Any) -> None:
    from azureml.core import Model

    call = lambda: Model.package(workspace, [model("content")], scoring)  # noqa: E731
    assert refused(call, "the operation POST /modelmanagement/v1.0/packages .no image is built here") == 1


def test_resource_manager(refused: Callable[[Call, str], int], workspace: Workspace) -> None:
    assert refused(workspace.delete, "the operation DELETE /arm .there is one workspace") == 1


def test_datastores(refused: Callable[[Call, str], int], workspace: Workspace) -> None:
    from azureml.core import Datastore

    def register() -> None:
        Datastore.register_azure_file_share(workspace, "share", "share", "account", account_key="a2V5")

    assert refused(register, "datastores of the type AzureFile") == 1


def test_the_storage_library(refused: Callable[[Call, str], int], workspace: Workspace) -> None:
    store = workspace.get_default_datastore()
    container = store.blob_service.get_container_client(store.container_name)
    blob = container.upload_blob("refusals/blob", b"x", overwrite=True)
    earlier = container.get_blob_client("refusals/blob", snapshot="2026-01-01T00:00:00.0000000Z")
    assert refused(blob.acquire_lease, "the blob operation PUT comp=lease") == 1
    assert refused(earlier.get_blob_properties, "the parameter snapshot=") == 1  # HEAD: there is no body to say it in


def test_the_native_library(refused: Callable[[Call, str], int], workspace: Workspace, table: Any) -> None:
    """Two parts are written at once, each of them at most twice."""
    store = workspace.get_default_datastore()
    container = store.blob_service.get_container_client(store.container_name)
    container.upload_blob("refusals-file", b"x", overwrite=True)
    call = lambda: table.partition_by(["b"], (store, "refusals-file"), show_progress=False)  # noqa: E731
    assert refused(call, "blobs whose name starts with that of another") <= 4
