"""aml-pipelines-getting-started.ipynb: steps in parallel, steps in sequence, a look at their runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azureml.core import Workspace
    from azureml.core.compute import AmlCompute


def test_getting_started(ws: Workspace, aml_compute: AmlCompute, notebook: Callable[..., Path]) -> None:
    """Source: https://github.com/Azure/MachineLearningNotebooks, machine-learning-pipelines/intro-to-pipelines."""
    from azureml.core import Datastore, Experiment
    from azureml.pipeline.core import Pipeline
    from azureml.pipeline.steps import PythonScriptStep

    file_store, blob_store = ws.get_default_datastore(), Datastore(ws, "workspaceblobstore")
    notebook("news.csv", "title\nfirst\n")
    file_store.upload_files(["./news.csv"], target_path="news", overwrite=True, show_progress=True)
    blob_store.upload_files(["./news.csv"], target_path="news", overwrite=True)
    assert "cpu-cluster" in ws.compute_targets
    assert aml_compute.get_status().serialize()["allocationState"]

    steps = []
    for name in ("train", "compare", "extract"):
        notebook(f"{name}/{name}.py", f"print('in {name}')")
        options = {"allow_reuse": False} if name == "train" else {}
        step = PythonScriptStep(
            name=f"{name}_step",
            script_name=f"{name}.py",
            compute_target=aml_compute,
            source_directory=name,
            **options,
        )
        steps.append(step)
    pipeline = Pipeline(workspace=ws, steps=steps)
    assert pipeline.validate() == []
    run = Experiment(ws, "Hello_World1").submit(pipeline, regenerate_outputs=True)
    assert run.wait_for_completion() == "Finished"
    children = list(run.get_children())
    assert {child.name for child in children} == {"train_step", "compare_step", "extract_step"}
    for child in children:
        assert child.get_status() == "Finished"
        assert isinstance(child.get_job_log(), str)
        assert child.get_metrics() == {}

    steps[1].run_after(steps[0])
    steps[2].run_after(steps[1])
    in_sequence = Pipeline(workspace=ws, steps=[steps[2]])
    assert in_sequence.validate() == []
    run = Experiment(ws, "Hello_World2").submit(in_sequence)
    assert run.wait_for_completion(show_output=False) == "Finished"
    assert len(list(run.get_children())) == 3
