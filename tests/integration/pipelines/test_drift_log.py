"""`amlgpu drift` without files: the samples are in the service's own log, which Azure ML gives."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from config.errors import WorkspaceError
from pipelines.cli.main import app

if TYPE_CHECKING:
    from azureml.core import Model, Workspace
    from azureml.core.compute import AksCompute
    from azureml.core.model import InferenceConfig

DRIFT = ["drift", "--set", "service.name=logs-samples"]


def sample(day: int, label: int) -> str:
    facts = {"class": label, "index": label, "probability": 0.9, "latency_ms": 5, "model": "echo:1"}
    return json.dumps({"time": f"2026-11-{day:02}T12:00:00+00:00", "image_sha256": "0", **facts})


@pytest.fixture(scope="module", autouse=True)
def service(
    workspace: Workspace, cluster: AksCompute, scoring: InferenceConfig, model: Callable[[str], Model]
) -> Iterator[None]:
    """A service that no run released, whose log has 100 samples of one day and 100 others of the next."""
    from azureml.core import Model
    from azureml.core.webservice import AksWebservice

    lines = [sample(1, number % 2) for number in range(100)] + [sample(2, 1) for _ in range(100)]
    one = AksWebservice.deploy_configuration(num_replicas=1, autoscale_enabled=False)
    deployed = Model.deploy(workspace, "logs-samples", [model("\n".join(lines))], scoring, one, cluster)
    deployed.wait_for_deployment()
    yield
    deployed.delete()


@pytest.fixture(autouse=True)
def home(local_workspace_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMLGPU_HOME", str(local_workspace_folder))


def test_two_periods_of_the_log(tmp_path: Path) -> None:
    periods = ["--period", "2026-11-02..2026-11-03", "--baseline", "2026-11-01..2026-11-02"]
    ended = CliRunner().invoke(app, [*DRIFT, *periods, "--json", "--plot", str(tmp_path / "plot.svg")])
    assert ended.exit_code == 10
    found = json.loads(ended.stdout)
    assert (found["period"]["samples"], found["baseline"]["samples"]) == (100, 100)


def test_a_service_that_no_run_released_has_no_validation_to_compare_with() -> None:
    ended = CliRunner().invoke(app, DRIFT)
    assert isinstance(ended.exception, WorkspaceError)
    assert "doesn't say which run released it" in str(ended.exception)
    assert "--period 7d --baseline 28d..7d" in str(ended.exception)


def test_without_a_service_there_is_no_log() -> None:
    ended = CliRunner().invoke(app, ["drift", "--set", "service.name=nowhere"])
    assert isinstance(ended.exception, WorkspaceError)
    assert "no live service nowhere" in str(ended.exception)


def test_a_service_whose_run_is_gone_has_no_validation_either(workspace: Workspace) -> None:
    from azureml.core import Webservice

    Webservice(workspace, "logs-samples").update(tags={"run_id": "gone"})
    ended = CliRunner().invoke(app, DRIFT)
    assert isinstance(ended.exception, WorkspaceError)
    assert "The run gone, which released logs-samples, has kept no verdict.json: compare" in str(ended.exception)
