"""Steps that are reused, as allow_reuse=True, the SDK's default, asks for."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azureml.core import Workspace
    from azureml.pipeline.core import PipelineRun, StepRun

Step = Callable[..., Any]
Submit = Callable[..., "PipelineRun"]
Finish = Callable[["PipelineRun"], "dict[str, StepRun]"]
WRITE = """
import pathlib, sys, uuid
from azureml.core import Run
Run.get_context().log("accuracy", 0.5)
pathlib.Path("outputs").mkdir(exist_ok=True)
pathlib.Path("outputs/kept.txt").write_text("kept")
pathlib.Path(sys.argv[1], "value.txt").write_text(str(uuid.uuid4()))
print("written", *sys.argv[2:])
"""
READ = "import pathlib, sys; print('read:', pathlib.Path(sys.argv[1], 'value.txt').read_text())"


@pytest.fixture
def pair(make_step: Step, request: pytest.FixtureRequest) -> Callable[..., list[Any]]:
    """A step that writes something new each time that it runs, and one that reads it; no other test has the same."""
    from azureml.pipeline.core import PipelineData

    def make(source: str = WRITE, **options: Any) -> list[Any]:
        data = PipelineData("value", is_directory=True)
        arguments = [data, *options.pop("arguments", [])]
        source = f"{source}\n# {request.node.name}"
        write = make_step("write", source, arguments=arguments, outputs=[data], **{"allow_reuse": True} | options)
        return [write, make_step("read", READ, arguments=[data], inputs=[data], allow_reuse=True)]

    return make


def reused(steps: dict[str, StepRun]) -> dict[str, bool]:
    assert {step.get_status() for step in steps.values()} == {"Finished"}
    return {name: step._is_reused for name, step in steps.items()}


BOTH, NEITHER = {"write": True, "read": True}, {"write": False, "read": False}


def test_nothing_has_changed(pair: Callable[..., list[Any]], submit: Submit, finish: Finish, tmp_path: Path) -> None:
    first = finish(submit(*pair()))
    run = submit(*pair())
    again = finish(run)
    assert (reused(first), reused(again)) == (NEITHER, BOTH)
    assert run.get_status() == "Finished"
    assert again["write"]._reused_run_id == first["write"].id
    assert again["write"]._reused_pipeline_run_id == first["write"].pipeline_run_id
    assert again["read"].get_stdout_log() == first["read"].get_stdout_log()
    assert again["write"].get_metrics() == {"accuracy": 0.5}
    assert "outputs/kept.txt" in again["write"].get_file_names()
    assert again["write"].get_output_data("value").download(str(tmp_path / "back")) == 1


def test_something_has_changed(pair: Callable[..., list[Any]], submit: Submit, finish: Finish) -> None:
    """The source, the arguments, the configuration: then what follows runs anew too, because its input is new."""
    finish(submit(*pair()))
    assert reused(finish(submit(*pair(WRITE + "\n# changed")))) == NEITHER
    finish(submit(*pair()))
    assert reused(finish(submit(*pair(arguments=["--n", 2])))) == NEITHER


def test_parameters(pair: Callable[..., list[Any]], submit: Submit, finish: Finish) -> None:
    from azureml.pipeline.core import PipelineParameter

    steps = pair(arguments=["--n", PipelineParameter("n", 1)])
    finish(submit(*steps))
    assert reused(finish(submit(*steps, pipeline_parameters={"n": 2}))) == NEITHER
    assert reused(finish(submit(*steps, pipeline_parameters={"n": 1}))) == BOTH


def test_not_wanted(pair: Callable[..., list[Any]], submit: Submit, finish: Finish) -> None:
    finish(submit(*pair()))
    assert reused(finish(submit(*pair(), regenerate_outputs=True))) == NEITHER
    assert reused(finish(submit(*pair(allow_reuse=False)))) == NEITHER


def test_failed_steps_run_again(make_step: Step, submit: Submit, finish: Finish, tmp_path: Path) -> None:
    source = f"import pathlib, sys; sys.exit(not pathlib.Path({str(tmp_path / 'mended')!r}).exists())"
    step = make_step("fails", source, allow_reuse=True)
    assert finish(submit(step))["fails"].get_status() == "Failed"
    (tmp_path / "mended").touch()
    assert reused(finish(submit(step))) == {"fails": False}


def test_outputs_that_are_gone(
    pair: Callable[..., list[Any]], submit: Submit, finish: Finish, emulator: Emulator
) -> None:
    first = finish(submit(*pair()))
    shutil.rmtree(emulator.folder / "blobs" / "azureml-blobstore" / "azureml" / first["write"].id)
    assert reused(finish(submit(*pair()))) == NEITHER


def test_output_at_a_fixed_path(workspace: Workspace, make_step: Step, submit: Submit, finish: Finish) -> None:
    """Another step wrote there since."""
    from azureml.data import OutputFileDatasetConfig

    def step(number: int) -> Any:
        output = OutputFileDatasetConfig("value", (workspace.get_default_datastore(), "fixed"))
        return make_step("write", WRITE, arguments=[output, "--n", number], allow_reuse=True)

    found = [reused(finish(submit(step(number))))["write"] for number in (1, 1, 2, 1)]
    assert found == [False, True, False, False]


def test_published(workspace: Workspace, pair: Callable[..., list[Any]], experiment: Any, finish: Finish) -> None:
    from azureml.pipeline.core import Pipeline

    published = Pipeline(workspace, steps=pair()).publish("reused", description="for a test")
    assert reused(finish(experiment.submit(published))) == NEITHER
    assert reused(finish(experiment.submit(published))) == BOTH
