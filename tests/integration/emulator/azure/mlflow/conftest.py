"""MLflow with its plugin for Azure ML, azureml-mlflow, sent to the local workspace as every program does it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azureml.core import Workspace


@pytest.fixture(scope="module")
def mlflow(workspace: Workspace, emulator: Emulator) -> Iterator[Any]:
    """The plugin reads the clouds when it is imported, by http only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARM_CLOUD_METADATA_URL", f"{emulator.http}/metadata/endpoints")
        patch.setenv("MLFLOW_ENABLE_ASYNC_LOGGING", "false")
        import mlflow

        mlflow.set_tracking_uri(workspace.get_mlflow_tracking_uri())
        yield mlflow
        mlflow.set_tracking_uri("")


@pytest.fixture
def in_experiment(mlflow: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """An experiment of the test's own is the active one."""
    yield mlflow.set_experiment(request.node.name)
    while mlflow.active_run():
        mlflow.end_run()
