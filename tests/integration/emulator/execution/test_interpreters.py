"""Environments whose packages aren't here: said, built, or refused, as `--environments` wants it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azureml.core import RunConfiguration
    from azureml.pipeline.core import PipelineRun, StepRun

Step = Callable[..., Any]
Submit = Callable[..., "PipelineRun"]
Finish = Callable[["PipelineRun"], "dict[str, StepRun]"]


@pytest.fixture
def configuration() -> RunConfiguration:
    """Of an environment that declares a package that no index has."""
    from azureml.core import RunConfiguration
    from azureml.core.conda_dependencies import CondaDependencies

    made = RunConfiguration()
    made.environment.name = "train"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    made.environment.python.conda_dependencies = CondaDependencies.create(
        python_version=version, pip_packages=["amlgpu-nothing-like-it==1.0"], pin_sdk_version=False
    )
    return made


def test_said_at_the_head_of_the_log(
    make_step: Step, submit: Submit, finish: Finish, configuration: RunConfiguration, emulator: Emulator
) -> None:
    step = finish(submit(make_step("says", "print('hello')", runconfig=configuration)))["says"]
    lines = str(step.get_stdout_log()).splitlines()
    assert lines[1:] == ["hello"]
    assert "environment 'train' is not what runs here: amlgpu-nothing-like-it==1.0 (not installed)" in lines[0]
    assert lines[0] in (emulator.folder / "emulator.log").read_text()


def test_another_mode_while_it_runs(emulator: Emulator) -> None:
    words = ["up", "--state", str(emulator.folder), "--environments", "strict"]
    command = [sys.executable, "-m", "azureml_emulator", *words]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 8
    assert "it runs already, with --environments warn: stop it first" in refused.stderr
