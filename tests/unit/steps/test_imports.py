"""What the steps import is what their environment on Azure has: scoring/environment.yml lists no azureml-pipeline."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
STEP = """
import sys
from types import SimpleNamespace

for absent in ("azureml.pipeline", "azureml.train", "azureml_emulator", "typer", "rich"):
    sys.modules[absent] = None
import steps.SCRIPT
from workspaces.v1.runs import V1Run

run = V1Run(SimpleNamespace(experiment=SimpleNamespace(workspace=SimpleNamespace(name="local"))))
print(run.workspace.name)
"""


@pytest.mark.parametrize("script", ["register_model", "validate_model", "deploy_service", "smoke_test"])
def test_a_step_reaches_its_workspace_without_the_pipeline_packages(script: str) -> None:
    command = [sys.executable, "-c", STEP.replace("SCRIPT", script)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("local\n", 0), done.stderr
