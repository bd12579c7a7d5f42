"""The SDK as the project imports it: without the kinds of runs that nothing here asks for."""

import subprocess
import sys

PROGRAM = """
import importlib.metadata, sys
found = importlib.metadata.entry_points
import workspaces.v1
assert importlib.metadata.entry_points is found
assert not any(name.startswith(("azureml.train.automl", "azureml.train.hyperdrive")) for name in sys.modules)
from azureml.core import Run
import workspaces.v1.pipelines
assert "azureml.automl" not in sys.modules
import azureml.pipeline.core
import azureml.pipeline.steps.automl_step
assert azureml.pipeline.steps.automl_step.AutoMLStep.__name__ == "AutoMLStep"
assert {"azureml.PipelineRun", "azureml.StepRun"} <= Run._run_source_initializers.keys()
"""


def test_a_pipelines_runs_are_known_and_automl_is_not_imported() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
