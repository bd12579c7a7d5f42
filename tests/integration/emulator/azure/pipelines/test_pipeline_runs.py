"""What the SDK can ask of a pipeline run, of its steps, and of what they wrote."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from azureml.core import Experiment, Workspace
    from azureml.pipeline.core import PipelineRun, StepRun

Step = Callable[..., Any]
Submit = Callable[..., "PipelineRun"]
Finish = Callable[["PipelineRun"], "dict[str, StepRun]"]

WRITE = """
import os, sys
from azureml.core import Run
run = Run.get_context()
run.log("accuracy", 0.5)
run.parent.log("best", 0.75)
run.parent.flush()
for file, content in (("outputs/model.txt", "weights"), (sys.argv[1], "42")):
    with open(file, "w") as opened:
        opened.write(content)
print("parameters:", os.environ["AML_PARAMETER_rate"], os.environ["AML_PARAMETER_size"], sys.argv[2:])
"""
READ = "import sys; print('read:', open(sys.argv[1]).read())"


def test_whole_surface(
    make_step: Step, workspace: Workspace, experiment: Experiment, compute: str, tmp_path: Path
) -> None:
    """One run, because it's the asking that is tested: a file between two steps, and parameters of every type."""
    from azureml.core import Datastore
    from azureml.pipeline.core import Pipeline, PipelineData, PipelineParameter, PipelineRun, StepSequence

    data = PipelineData("data", output_name="result", pipeline_output_name="final")
    defaults = {"count": 3, "share": 0.5, "flag": True, "text": "a, b"}
    given = [PipelineParameter(name, default_value=value) for name, value in defaults.items()]
    write = make_step("write", WRITE, arguments=[data, *given], outputs=[data], params={"rate": 0.1, "size": "S"})
    read = make_step("read", READ, arguments=[data], inputs=[data])
    pipeline = Pipeline(
        workspace,
        steps=[StepSequence(steps=[write, [read, make_step("beside", "print()")]])],
        description="described",
        default_datastore=Datastore(workspace, "workspaceblobstore"),
        default_source_directory=str(tmp_path),
    )
    assert pipeline.validate() == []
    submitted = pipeline.submit(
        experiment.name, pipeline_parameters={"count": 4, "flag": False}, continue_on_step_failure=True
    )
    assert submitted.wait_for_completion(show_output=False) == "Finished"
    run = PipelineRun.get(workspace, submitted.id)
    assert (run.get_status(), run.get_metrics()) == ("Finished", {"best": 0.75})
    assert {node.name for node in run.get_graph().nodes} == {"write", "read", "beside"}
    assert set(run.get_graph().params) == set(defaults)

    step = run.find_step_run("write")[0]
    assert step.wait_for_completion(show_output=False) == "Finished"
    assert (step.pipeline_run_id, step.parent.id, step.get_metrics()) == (run.id, run.id, {"accuracy": 0.5})
    assert step.get_stdout_log() == "parameters: 0.1 S ['4', '0.5', 'False', 'a, b']\n"
    assert run.find_step_run("read")[0].get_stdout_log() == "read: 42\n"
    assert list(step.get_outputs()) == ["result"]
    check_data(step.get_output_data("result"), tmp_path / "of-the-step")
    check_data(run.get_pipeline_output("final"), tmp_path / "of-the-pipeline")
    assert step.register_model("of-a-step", model_path="outputs/model.txt").name == "of-a-step"


def check_data(reference: Any, folder: Path) -> None:
    """A port's data: where it lies, and the one file in it."""
    assert (reference.datastore_name, reference.path_on_datastore.split("/")[-1]) == ("workspaceblobstore", "result")
    assert reference.download(str(folder)) == 1
    assert [file.read_text() for file in folder.rglob("*") if file.is_file()] == ["42"]


def test_output_that_is_not_there(make_step: Step, submit: Submit, finish: Finish) -> None:
    from azureml.pipeline.core import PipelineData

    data = PipelineData("data", is_directory=True, pipeline_output_name="final")
    after = make_step("after", "print()", arguments=[data], outputs=[data])
    failing = make_step("failing", "raise SystemExit(1)")
    after.run_after(failing)
    run = submit(after)
    finish(run)
    with pytest.raises(Exception, match="no pipeline output 'other'"):
        run.get_pipeline_output("other")
    with pytest.raises(Exception, match=r"the pipeline output 'final' of run .* has not started"):
        run.get_pipeline_output("final")


def test_parent(make_step: Step, submit: Submit, finish: Finish, workspace: Workspace, experiment: Experiment) -> None:
    from azureml.pipeline.core import Pipeline, PipelineEndpoint

    pipeline = Pipeline(workspace, steps=[make_step("hello", "print()")])
    parent = experiment.submit(pipeline)
    published = pipeline.publish("nested")
    endpoint = PipelineEndpoint.publish(workspace, "nested", description="d", pipeline=published)
    nested = [
        experiment.submit(pipeline, parent_run_id=parent.id),
        published.submit(workspace, experiment.name, parent_run_id=parent.id),
        endpoint.submit(experiment.name, parent_run_id=parent.id),
    ]
    for run in (parent, *nested):
        finish(run)
    assert [run.parent.id for run in nested] == [parent.id] * 3
    with pytest.raises(Exception, match="run 'none' not found"):
        published.submit(workspace, experiment.name, parent_run_id="none")


def test_email_is_refused(make_step: Step, workspace: Workspace, experiment: Experiment) -> None:
    from azureml.pipeline.core import Pipeline

    pipeline = Pipeline(workspace, steps=[make_step("hello", "print()")])
    with pytest.raises(Exception, match="does not have e-mail notifications"):
        experiment.submit(pipeline, enable_email_notification=True)


def test_pipeline_from_yaml(
    make_step: Step, workspace: Workspace, experiment: Experiment, finish: Finish, tmp_path: Path
) -> None:
    from azureml.pipeline.core import Pipeline

    make_step("train", "import sys; print('iterations', sys.argv[1])")  # for its script
    file = tmp_path / "pipeline.yml"
    file.write_text(
        f"""
pipeline:
    description: from YAML
    parameters: {{iterations: {{type: int, default: 40}}}}
    default_compute: steps
    steps:
        Train:
            type: PythonScriptStep
            name: Train
            script_name: train.py
            allow_reuse: false
            source_directory: {tmp_path / "source"}
            parameters: {{count: {{source: iterations}}}}
            arguments: ["parameter:count"]
"""
    )
    run = experiment.submit(Pipeline.load_yaml(workspace, str(file)), pipeline_parameters={"iterations": 7})
    assert finish(run)["Train"].get_stdout_log().splitlines()[-1] == "iterations 7"


def test_drafts_are_refused(make_step: Step, workspace: Workspace) -> None:
    """aml-pipelines-how-to-use-pipeline-drafts.ipynb of Microsoft's samples ends here: publish the pipeline instead."""
    from azureml.pipeline.core import Pipeline, PipelineDraft

    pipeline = Pipeline(workspace, steps=[make_step("hello", "print()")])
    with pytest.raises(Exception, match=r"does not have the operation POST .*GraphDrafts"):
        PipelineDraft.create(workspace, pipeline=pipeline, name="d", description="d", experiment_name="drafts")
    with pytest.raises(Exception, match=r"does not have the operation POST .*PipelineDrafts"):
        PipelineDraft.list(workspace)
