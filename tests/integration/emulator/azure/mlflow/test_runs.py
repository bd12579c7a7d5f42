"""MLflow inside of runs: what a script logs lands in its own run, with nothing set up in the script."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azureml.core import Experiment, RunConfiguration
    from azureml.pipeline.core import PipelineRun, StepRun
    from azureml.pipeline.steps import PythonScriptStep

TRAIN = """
import mlflow
mlflow.log_param("epochs", 2)
mlflow.log_metric("loss", 2.0, step=1)
mlflow.log_metric("loss", 1.0, step=2)
mlflow.log_text("made by mlflow", "notes/a.txt")
with mlflow.start_run(nested=True) as child:
    mlflow.log_metric("inner", 1)
"""
STARTED = """
import mlflow, os
from azureml.core import Run
with mlflow.start_run() as active:
    assert active.info.run_id == os.environ["AZUREML_RUN_ID"]
    mlflow.log_metric("by mlflow", 1)
    mlflow.set_tag("team", "vision")
Run.get_context().log("by sdk", 2)
"""


@pytest.fixture
def configuration(emulator: Emulator) -> RunConfiguration:
    from azureml.core import RunConfiguration

    configuration = RunConfiguration()
    configuration.environment.python.user_managed_dependencies = True
    configuration.environment_variables = {"ARM_CLOUD_METADATA_URL": f"{emulator.http}/metadata/endpoints"}
    return configuration


def test_a_step(
    make_step: Callable[..., PythonScriptStep],
    configuration: RunConfiguration,
    submit: Callable[..., PipelineRun],
    finish: Callable[[PipelineRun], dict[str, StepRun]],
    mlflow: Any,
) -> None:
    run = submit(make_step("train", TRAIN, runconfig=configuration))
    step = finish(run)["train"]
    assert run.get_status() == "Finished", step.get_details_with_logs()
    assert step.get_metrics() == {"loss": [2.0, 1.0]}
    assert "notes/a.txt" in step.get_file_names()
    assert [child.get_metrics() for child in step.get_children()] == [{"inner": 1.0}]
    found = mlflow.get_run(step.id)
    assert (found.data.params, found.data.metrics, found.info.status) == ({"epochs": "2"}, {"loss": 1.0}, "FINISHED")


def test_a_script_that_starts_its_run(
    experiment: Experiment, configuration: RunConfiguration, compute: str, tmp_path: Any
) -> None:
    from azureml.core import ScriptRunConfig

    (tmp_path / "started.py").write_text(STARTED)
    configuration.target = compute
    run = experiment.submit(ScriptRunConfig(str(tmp_path), "started.py", run_config=configuration))
    run.wait_for_completion(raise_on_error=False)
    assert run.get_status() == "Completed", run.get_details_with_logs()
    assert run.get_metrics() == {"by mlflow": 1.0, "by sdk": 2}
    assert run.get_tags()["team"] == "vision"
