"""Runs of a script or a command outside of pipelines: ScriptRunConfig."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
import requests

from tests.integration.emulator.waiting import Emulator, until

if TYPE_CHECKING:
    from azureml.core import Experiment, ScriptRunConfig, Workspace

Configure = Callable[..., "ScriptRunConfig"]
Rest = Callable[..., requests.Response]
SLEEP = "import time; print('asleep', flush=True); time.sleep(600)"


@pytest.fixture
def configure(compute: str, tmp_path: Path) -> Configure:
    """A configuration of the given source: `configure("print('hello')", arguments=["--n", 1])`."""
    from azureml.core import Environment, ScriptRunConfig

    folder = tmp_path / "source"
    folder.mkdir()
    environment = Environment("scripts")
    environment.python.user_managed_dependencies = True
    environment.environment_variables = {"OWN": "x"}

    def make(source: str, **options: Any) -> ScriptRunConfig:
        (folder / "train.py").write_text(source)
        script = {} if "command" in options else {"script": "train.py"}
        options = {"source_directory": str(folder), "compute_target": compute, "environment": environment} | options
        return ScriptRunConfig(**script, **options)

    return make


def log(run: Any) -> str:
    return "\n".join(text for name, text in run.get_details_with_logs()["logFiles"].items() if "std_log" in name)


def ended(run: Any) -> str:
    return str(
        until(lambda: run.get_status() in ("Completed", "Failed", "Canceled") and run.get_status(), "the run's end")
    )


def test_script(experiment: Experiment, configure: Configure, capfd: pytest.CaptureFixture[str]) -> None:
    source = """
import os, pathlib, sys
from azureml.core import Run
run = Run.get_context()
run.log("accuracy", 0.5)
pathlib.Path("outputs").mkdir(exist_ok=True)
pathlib.Path("outputs/model.txt").write_text("weights")
print(sys.argv[1:], os.environ["OWN"], run.id == os.environ["AZUREML_RUN_ID"])
"""
    run = experiment.submit(configure(source, arguments=["--n", 1, "--text", "a b"]), tags={"commit": "abc"})
    run.wait_for_completion(show_output=True)
    assert "['--n', '1', '--text', 'a b'] x True" in capfd.readouterr().out
    details = run.get_details()
    assert (details["status"], details["target"]) == ("Completed", "steps")
    assert details["runDefinition"]["script"] == "train.py"
    assert run.get_metrics() == {"accuracy": 0.5}
    assert run.get_tags()["commit"] == "abc"
    assert "outputs/model.txt" in run.get_file_names()
    assert [found.id for found in experiment.get_runs()] == [run.id]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("echo $OWN && ls *.py", "x\ntrain.py\n"),
        (["python", "train.py", "--n", "1"], "['--n', '1']\n"),
    ],
)
def test_command(experiment: Experiment, configure: Configure, command: str | list[str], said: str) -> None:
    run = experiment.submit(configure("import sys; print(sys.argv[1:])", command=command))
    assert (ended(run), log(run)) == ("Completed", said)


def test_metrics_of_a_command(experiment: Experiment, configure: Configure) -> None:
    source = "from azureml.core import Run; Run.get_context().log('accuracy', 0.5)"
    run = experiment.submit(configure(source, command="python train.py"))
    assert (ended(run), log(run)) == ("Completed", "")
    assert run.get_metrics() == {"accuracy": 0.5}


def test_curated_environment(workspace: Workspace, experiment: Experiment, configure: Configure) -> None:
    """It runs, and log and properties say in what."""
    from azureml.core import Environment

    curated = Environment.get(workspace, "AzureML-sklearn-1.0-ubuntu20.04-py38-cpu")
    run = experiment.submit(configure("import azureml.core; print('ran')", environment=curated))
    assert (ended(run), log(run).splitlines()[-1]) == ("Completed", "ran")
    note = run.get_properties()["localWorkspaceEnvironment"]
    assert "is an image of Azure's" in note
    assert note in log(run)
    assert run.get_environment().name == curated.name


def test_failure(experiment: Experiment, configure: Configure) -> None:
    from azureml.exceptions import ActivityFailedException

    run = experiment.submit(configure("raise ValueError('no')"))
    with pytest.raises(ActivityFailedException, match="ValueError: no"):
        run.wait_for_completion()
    assert "failed with exit code 1" in run.get_details()["error"]["error"]["message"]


def test_cancel(experiment: Experiment, configure: Configure) -> None:
    run = experiment.submit(configure(SLEEP))
    until(lambda: "asleep" in log(run), "the script to start")
    run.cancel()
    assert ended(run) == "Canceled"


def test_takes_too_long(experiment: Experiment, configure: Configure) -> None:
    run = experiment.submit(configure(SLEEP, max_run_duration_seconds=1))
    assert ended(run) == "Canceled"
    assert "longer than its max_run_duration_seconds, 1" in run.get_details()["error"]["error"]["message"]


@pytest.mark.parametrize("run_id", ["../../../escaped", "below/escaped", "."])
def test_id_that_would_be_a_path(
    experiment: Experiment, configure: Configure, rest: Rest, run_id: str, emulator: Emulator
) -> None:
    done = experiment.submit(configure("print()"))
    details = {"Configuration": done.get_details()["runDefinition"]}
    details |= {"SnapshotId": done.get_details()["properties"]["ContentSnapshotId"]}
    path = f"/experiments/{experiment.name}/snapshotrun?{urlencode({'runId': run_id})}"
    answer = rest("POST", "/execution/v1.0", path, json=details)
    assert (answer.status_code, "runId must be the name of a file or folder" in answer.text) == (400, True)
    assert not (emulator.folder.parent / "escaped").exists()


def _distributed(kind: str, **options: int) -> object:
    from azureml.core import runconfig

    return getattr(runconfig, kind)(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (lambda: {"distributed_job_config": _distributed("MpiConfiguration", node_count=2)}, "asks for 2 nodes"),
        (lambda: {"distributed_job_config": _distributed("PyTorchConfiguration")}, "runs with the framework PyTorch"),
        (lambda: {"compute_target": "nowhere"}, "compute 'nowhere' not found"),
    ],
)
def test_refused(
    experiment: Experiment, configure: Configure, options: Callable[[], dict[str, Any]], message: str
) -> None:
    with pytest.raises(Exception, match=message):
        experiment.submit(configure("print()", **options()))
    assert list(experiment.get_runs()) == []
