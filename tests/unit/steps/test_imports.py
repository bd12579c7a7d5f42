"""What the steps import is what their environment on Azure has: scoring/environment/ lists no azureml-pipeline."""

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

workspace = SimpleNamespace(name="local", resource_group="local", subscription_id="0")
run = V1Run(SimpleNamespace(experiment=SimpleNamespace(workspace=workspace)))
print(run.workspace.name)
"""

SLOW = """
import sys
import steps.SCRIPT

print({"tensorflow", "keras", "scipy", "matplotlib"} & sys.modules.keys())
"""
SCRIPTS = ["register_model", "validate_model", "deploy_service", "smoke_test"]


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_step_reaches_its_workspace_without_the_pipeline_packages(script: str) -> None:
    assert said_by(STEP.replace("SCRIPT", script)) == "local\n"


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_step_imports_what_takes_seconds_only_where_it_needs_it(script: str) -> None:
    assert said_by(SLOW.replace("SCRIPT", script)) == "set()\n"


def said_by(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
