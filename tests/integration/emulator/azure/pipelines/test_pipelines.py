"""Pipeline runs: real steps in real processes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
import requests

from tests.integration.emulator.waiting import Emulator, until

if TYPE_CHECKING:
    from azureml.core import Experiment, Workspace
    from azureml.pipeline.core import PipelineRun, StepRun

Rest = Callable[..., requests.Response]
Step = Callable[..., Any]
Submit = Callable[..., "PipelineRun"]
Finish = Callable[["PipelineRun"], "dict[str, StepRun]"]

ECHO = "import sys; print('arguments:', sys.argv[1:])"
WRITE = "import pathlib, sys; pathlib.Path(sys.argv[1], 'value.txt').write_text(sys.argv[2])"
READ = "import pathlib, sys; print('read:', pathlib.Path(sys.argv[1], 'value.txt').read_text())"
FAMILY = """
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("family", child.pid, flush=True)
time.sleep(600)
"""
OUTPUT_AND_SLEEP = """
import pathlib, time
pathlib.Path("outputs").mkdir(exist_ok=True)
pathlib.Path("outputs/kept.txt").write_text("kept")
time.sleep(600)
"""


def log(step: StepRun) -> str:
    return str(step.get_stdout_log())


def test_completed(make_step: Step, submit: Submit, finish: Finish) -> None:
    run = submit(make_step("hello", "print('hello')"), tags={"commit": "abc"})
    steps = finish(run)
    assert (run.get_status(), steps["hello"].get_status()) == ("Finished", "Finished")
    assert log(steps["hello"]) == "hello\n"
    assert run.tags["commit"] == "abc"


def test_wait_shows_the_log(
    make_step: Step, submit: Submit, capfd: pytest.CaptureFixture[str], emulator: Emulator
) -> None:
    run = submit(make_step("speaks", "print('first'); import time; time.sleep(1.2); print('last')"))
    assert run.wait_for_completion(show_output=True, raise_on_error=True) == "Finished"
    shown = capfd.readouterr().out
    assert "first" in shown
    assert "last" in shown


def test_parameters(make_step: Step, submit: Submit, finish: Finish) -> None:
    from azureml.pipeline.core import PipelineParameter

    count, name = PipelineParameter("sample_count", 10), PipelineParameter("service_name", "digits")
    step = make_step("echo", ECHO, arguments=["--count", count, "--name", name, "--text", "a b'\"$HOME"])
    first = finish(submit(step))["echo"]
    second = finish(submit(step, pipeline_parameters={"sample_count": 7, "service_name": "two words"}))["echo"]
    assert "['--count', '10', '--name', 'digits', '--text', 'a b\\'\"$HOME']" in log(first)
    assert "['--count', '7', '--name', 'two words'" in log(second)


def test_unknown_parameter(rest: Rest, make_step: Step, workspace: Workspace, experiment: Experiment) -> None:
    """The SDK drops it with a warning; over REST it's refused."""
    from azureml.pipeline.core import Pipeline, PipelineParameter

    step = make_step("echo", ECHO, arguments=["--n", PipelineParameter("n", 1)])
    published = Pipeline(workspace, steps=[step]).publish("strict")
    body = {"ExperimentName": experiment.name, "ParameterAssignments": {"m": 2}}
    refused = rest("POST", "/pipelines/v1.0", f"/PipelineRuns/PipelineSubmit/{published.id}", json=body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "BadArgument")
    assert "no parameter 'm': it has n" in refused.json()["error"]["message"]
    assert list(experiment.get_runs()) == []


def test_data_between_steps(make_step: Step, submit: Submit, finish: Finish, tmp_path: Path) -> None:
    from azureml.pipeline.core import PipelineData

    data = PipelineData("value", is_directory=True)
    write = make_step("write", WRITE, arguments=[data, "42"], outputs=[data])
    read = make_step("read", READ, arguments=[data], inputs=[data])
    run = submit(read, write)
    steps = finish(run)
    assert log(steps["read"]) == "read: 42\n"
    output = steps["write"].get_output_data("value")
    assert output.download(str(tmp_path / "back")) == 1
    assert [path.read_text() for path in (tmp_path / "back").rglob("value.txt")] == ["42"]


def test_order_without_data(make_step: Step, submit: Submit, finish: Finish) -> None:
    first, second = make_step("first", "import time; time.sleep(0.5)"), make_step("second", "print()")
    second.run_after(first)
    steps = finish(submit(second, first))
    times = {name: step.get_details() for name, step in steps.items()}
    assert times["first"]["endTimeUtc"] <= times["second"]["startTimeUtc"]


def test_failing_step(make_step: Step, submit: Submit, finish: Finish) -> None:
    failing = make_step("failing", "print('about to fail'); raise SystemExit(7)")
    after = make_step("after", "print()")
    after.run_after(failing)
    run = submit(failing, after)
    steps = finish(run)
    error = steps["failing"].get_details()["error"]["error"]["message"]
    assert (run.get_status(), steps["failing"].get_status()) == ("Failed", "Failed")
    assert "failed with exit code 7" in error
    assert "about to fail" in error
    assert "after" not in steps
    with pytest.raises(Exception, match="failed"):
        run.wait_for_completion(show_output=False, raise_on_error=True)


def test_going_on_after_a_failure(make_step: Step, submit: Submit, finish: Finish) -> None:
    run = submit(
        make_step("failing", "raise ValueError('no')"),
        make_step("slower", "import time; time.sleep(1); print('done')"),
        continue_on_step_failure=True,
    )
    steps = finish(run)
    assert {name: step.get_status() for name, step in steps.items()} == {"failing": "Failed", "slower": "Finished"}
    assert "ValueError: no" in log(steps["failing"])


def test_missing_script(make_step: Step, submit: Submit, finish: Finish, tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / ".amlignore").write_text("hidden.py\n")
    steps = finish(submit(make_step("hidden", "print()")))
    assert "hidden.py" in steps["hidden"].get_details()["error"]["error"]["message"]


def test_run_that_cannot_start(rest: Rest, make_step: Step, submit: Submit, finish: Finish, emulator: Emulator) -> None:
    """Not the script's fault: a file of its snapshot is gone."""
    step = make_step("lost", "print()")
    finish(submit(step))
    for file in (emulator.folder / "blobs" / "azureml" / "snapshots").rglob("lost.py"):
        file.unlink()
    run = submit(step)
    steps = finish(run)
    assert (run.get_status(), steps["lost"].get_status()) == ("Failed", "Failed")
    assert "could not execute the step" in steps["lost"].get_details()["error"]["error"]["message"]


def test_a_step_that_cannot_be_planned_ends_those_beside_it(
    workspace: Workspace, make_step: Step, submit: Submit, finish: Finish
) -> None:
    from azureml.core import Dataset

    beside = make_step("beside", OUTPUT_AND_SLEEP)
    first = make_step("first", "import time; time.sleep(1)")
    files = Dataset.File.from_files((workspace.get_default_datastore(), "none/**"), validate=False)
    odd = make_step("odd", "print()", arguments=[files.as_named_input("data").as_hdfs()])
    odd.run_after(first)
    run = submit(beside, odd)
    steps = finish(run)
    assert "inputs with the mode hdfs" in run.get_details()["error"]["error"]["message"]
    assert (run.get_status(), steps["beside"].get_status()) == ("Failed", "Canceled")


def test_cancel_ends_the_process_group(make_step: Step, submit: Submit, finish: Finish) -> None:
    run = submit(make_step("family", FAMILY))
    step = until(lambda: next(iter(run.get_steps()), None), "the step")
    said = until(lambda: log(step), "the step's first words").split()
    child = psutil.Process(int(said[1]))
    parent = child.parent()
    assert parent is not None
    run.cancel()
    steps = finish(run)
    assert (run.get_status(), steps["family"].get_status()) == ("Canceled", "Canceled")
    gone, alive = psutil.wait_procs([parent, child], timeout=10)
    assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE], gone


def test_cancel_at_once(make_step: Step, submit: Submit, finish: Finish) -> None:
    """Before the step's process is there."""
    run = submit(make_step("sleeps", "import time; time.sleep(600)"))
    run.cancel()
    finish(run)
    assert run.get_status() == "Canceled"


def test_step_in_its_run(make_step: Step, submit: Submit, finish: Finish) -> None:
    """Run.get_context() is the step's run: metrics, tags, files and the workspace itself."""
    source = """
import pathlib
from azureml.core import Run
run = Run.get_context()
run.log("accuracy", 0.97)
run.tag("verdict", "BLESSED")
pathlib.Path("local.txt").write_text("by hand")
run.upload_file("outputs/by-hand.txt", "local.txt")
pathlib.Path("outputs").mkdir(exist_ok=True)
pathlib.Path("outputs/by-itself.txt").write_text("by itself")
print(run.experiment.workspace.name, run.parent.id)
"""
    run = submit(make_step("inside", source))
    step = finish(run)["inside"]
    assert run.get_status() == "Finished", log(step)
    assert step.get_metrics() == {"accuracy": 0.97}
    assert step.get_tags()["verdict"] == "BLESSED"
    assert {"outputs/by-hand.txt", "outputs/by-itself.txt"} <= set(step.get_file_names())
    assert log(step).split() == ["local", run.id]


def test_environment_of_a_step(make_step: Step, submit: Submit, finish: Finish) -> None:
    """The variables of its configuration, and no identity on a compute target that has none."""
    source = "import os; print([os.environ.get(k) for k in ('PYTHONPATH', 'STEP_VARIABLE', 'MSI_ENDPOINT')])"
    assert log(finish(submit(make_step("variables", source)))["variables"]) == "['.', 'of the environment', None]\n"
