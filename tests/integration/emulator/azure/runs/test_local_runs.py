"""Runs with compute_target="local", which is what a ScriptRunConfig has where nobody names another."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.integration.emulator.waiting import Emulator, until

if TYPE_CHECKING:
    from azureml.core import Experiment, Run, ScriptRunConfig, Workspace

Configure = Callable[..., "ScriptRunConfig"]
TRAIN = """
import os, pathlib, subprocess, sys
from azureml.core import Run
run = Run.get_context()
run.log("accuracy", 0.5)
pathlib.Path("outputs/model.txt").write_text("weights")
print(sys.argv[1:], os.environ["OF_THE_SHELL"], subprocess.run(["./hello.sh"], capture_output=True, text=True).stdout)
print(sorted(os.listdir()), run.id == os.environ["AZUREML_RUN_ID"], sys.executable)
"""


@pytest.fixture
def configure(tmp_path: Path) -> Configure:
    """A configuration that names no compute target."""
    from azureml.core import Environment, ScriptRunConfig

    folder = tmp_path / "source"
    folder.mkdir()
    environment = Environment("scripts")
    environment.python.user_managed_dependencies = True

    def make(source: str, **options: Any) -> ScriptRunConfig:
        (folder / "train.py").write_text(source)
        (folder / "hello.sh").write_text("#!/bin/sh\necho hello\n")
        options = {"source_directory": str(folder), "script": "train.py", "environment": environment} | options
        return ScriptRunConfig(**options)

    return make


def log(run: Run) -> str:
    return "\n".join(text for name, text in run.get_details_with_logs()["logFiles"].items() if "std_log" in name)


def ended(run: Run) -> str:
    return str(until(lambda: run.get_status() in ("Completed", "Failed", "Canceled") and run.get_status(), "an end"))


def test_local(
    workspace: Workspace,
    experiment: Experiment,
    configure: Configure,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    from azureml.core import Dataset

    datastore = workspace.get_default_datastore()
    datastore.upload_files([__file__], target_path="local", show_progress=False)
    data = Dataset.File.from_files((datastore, "local/**")).as_named_input("data").as_mount()
    monkeypatch.setenv("OF_THE_SHELL", "a variable")
    run = experiment.submit(configure(TRAIN, arguments=["--data", data]), tags={"own": "yes"})
    run.wait_for_completion(show_output=True)
    assert "a variable hello" in capfd.readouterr().out
    assert "['hello.sh', 'logs', 'outputs', 'train.py'] True" in log(run)
    assert (run.get_metrics(), run.get_tags()["own"]) == ({"accuracy": 0.5}, "yes")
    assert "outputs/model.txt" in run.get_file_names()
    assert (run.get_details()["target"], bool(run.get_snapshot_id())) == ("local", True)


def test_without_snapshot(experiment: Experiment, configure: Configure, tmp_path: Path) -> None:
    """And with an interpreter of the user's own, which has no SDK."""
    own = tmp_path / "python"
    own.write_text(f'#!/bin/sh\nOWN=yes exec {sys.executable} -S "$@"\n')
    own.chmod(0o755)
    source = configure("import os, sys; print(os.environ['OWN'], sys.argv[1:]); sys.exit(3)", arguments=["a b", ""])
    source.run_config.history.snapshot_project = False
    source.run_config.environment.python.interpreter_path = str(own)
    run = experiment.submit(source)
    assert ended(run) == "Failed"
    assert log(run) == "yes ['a b', '']\n"
    assert "exit code 3" in run.get_details()["error"]["error"]["message"]


def test_cancel(experiment: Experiment, configure: Configure) -> None:
    run = experiment.submit(configure("import time; print('asleep', flush=True); time.sleep(600)"))
    until(lambda: "asleep" in log(run), "the script to start")
    run.cancel()
    assert ended(run) == "Canceled"


def _part(content: str, kind: str = "application/json") -> str:
    disposition = 'Content-Disposition: form-data; name="files"; filename="definition.json"'
    return f"--b\r\n{disposition}\r\nContent-Type: {kind}\r\n\r\n{content}\r\n--b--\r\n"


_DEEP = "".join(f"--b{level}\r\nContent-Type: multipart/mixed; boundary=b{level + 1}\r\n\r\n" for level in range(2000))


@pytest.mark.parametrize(
    ("body", "run_id", "message"),
    [
        (_part("[]"), "a", "definition.json must be an object"),
        (_part("{}"), "a", "the request lacks 'Configuration' in definition.json"),
        (_part('{"Configuration": 5}'), "a", "definition.json.Configuration must be an object"),
        (_part('{"Configuration": {"data": {"a": 5}}}'), "a", "definition.json.Configuration.data.a must be an object"),
        (_part('{"Configuration": {"arguments": 5}}'), "a", "definition.json.Configuration.arguments must be a list"),
        (_part("{}"), "../up", "runId must be the name of a file or folder"),
        (_part("--c\r\n\r\n{}\r\n--c--", "multipart/mixed; boundary=c"), "a", "with a file definition.json"),
        (f"--b\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n{_DEEP}", "a", "with a file definition.json"),
    ],
)
def test_a_definition_of_another_shape(
    emulator: Emulator, bearer: dict[str, str], body: str, run_id: str, message: str
) -> None:
    url = f"{emulator.http}/execution/v1.0{emulator.scope}/experiments/e/localrun?runId={run_id}"
    headers = bearer | {"Content-Type": "multipart/form-data; boundary=b"}
    refused = requests.post(url, data=body, headers=headers, timeout=30)
    assert (refused.status_code, message in refused.text) == (400, True), refused.text
