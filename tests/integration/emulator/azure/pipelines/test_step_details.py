"""What the SDK tells of a step that failed, and of one that ran: reasons, logs, environment, snapshot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest

if TYPE_CHECKING:
    from azureml.pipeline.core import PipelineRun, StepRun

Step = Callable[..., Any]
Submit = Callable[..., "PipelineRun"]
Finish = Callable[["PipelineRun"], "dict[str, StepRun]"]


def test_failed_pipeline(make_step: Step, submit: Submit) -> None:
    """The error of the pipeline's own run carries the step's: few look further."""
    from azureml.exceptions import ActivityFailedException

    run = submit(make_step("fails", "def work():\n    raise ValueError('no data')\nwork()"))
    with pytest.raises(ActivityFailedException) as failed:
        run.wait_for_completion(show_output=False, raise_on_error=True)
    assert "step 'fails'" in str(failed.value)
    assert "ValueError: no data" in str(failed.value)
    step = run.find_step_run("fails")[0]
    assert step.get_job_log() == step.get_stdout_log()
    assert "ValueError: no data" in step.get_stderr_log()


def test_step(make_step: Step, submit: Submit, finish: Finish, tmp_path: Path) -> None:
    step = finish(submit(make_step("hello", "print('hello')")))["hello"]
    assert (step.get_stdout_log(), step.get_job_log(), step.get_stderr_log()) == ("hello\n", "hello\n", "")
    assert step.get_details_with_logs()["logFiles"]["azureml-logs/70_driver_log.txt"] == "hello\n"
    logs = {Path(file).name: Path(file).read_text() for file in step.get_all_logs(str(tmp_path / "logs"))}
    assert logs == {"70_driver_log.txt": "hello\n", "STDOUT": "hello\n", "JOBLOG": "hello\n", "STDERR": ""}
    archive = step.restore_snapshot(path=str(tmp_path))
    assert Path(archive).stem == step.get_snapshot_id()
    assert ZipFile(archive).namelist() == ["hello.py"]
    environment = step.get_environment()
    assert environment.environment_variables["STEP_VARIABLE"] == "of the environment"


def test_no_environment(make_step: Step, submit: Submit, finish: Finish) -> None:
    """The SDK's own words, where the service knows of none."""
    from azureml.exceptions import UserErrorException

    run = submit(make_step("hello", "print('hello')"))
    finish(run)
    with pytest.raises(UserErrorException, match="no run definition or environment"):
        run.get_environment()
