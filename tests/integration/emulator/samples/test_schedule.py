"""The notebooks about schedules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from azureml.core import Workspace
    from azureml.core.compute import AmlCompute
    from azureml.pipeline.core import PublishedPipeline


@pytest.fixture
def published(ws: Workspace, aml_compute: AmlCompute, notebook: Callable[..., Path]) -> PublishedPipeline:
    from azureml.pipeline.core import Pipeline
    from azureml.pipeline.steps import PythonScriptStep

    notebook("train/train.py", "print('trained')")
    step = PythonScriptStep(
        name="Training_Step", script_name="train.py", compute_target="cpu-cluster", source_directory="train"
    )
    name = f"{datetime.now(timezone.utc):%m-%d-%Y-%H-%M}-Pipeline"
    return Pipeline(workspace=ws, steps=[step]).publish(name=name, description=name)


def test_schedule_for_a_published_pipeline(ws: Workspace, published: PublishedPipeline) -> None:
    """aml-pipelines-setup-schedule-for-a-published-pipeline.ipynb."""
    from azureml.core.datastore import Datastore
    from azureml.pipeline.core import PublishedPipeline
    from azureml.pipeline.core.schedule import Schedule, ScheduleRecurrence

    assert published.id in [one.id for one in PublishedPipeline.get_all(ws)]
    recurrence = ScheduleRecurrence(frequency="Day", interval=2, hours=[22], minutes=[30])
    schedule = Schedule.create(
        workspace=ws,
        name="My_Schedule",
        pipeline_id=published.id,
        experiment_name="Schedule_Run",
        recurrence=recurrence,
        wait_for_provisioning=True,
        description="Schedule Run",
    )
    found = Schedule.get_all(ws, pipeline_id=published.id)
    assert [one.id for one in found if one.recurrence is not None] == [schedule.id]
    assert (schedule.id, published.id) in [(one.id, one.pipeline_id) for one in Schedule.get_all(ws, active_only=True)]

    fetched = Schedule.get(ws, schedule.id)
    fetched.disable(wait_for_provisioning=True)
    fetched = Schedule.get(ws, schedule.id)
    assert fetched.status == "Disabled"
    fetched.enable(wait_for_provisioning=True)
    assert Schedule.get(ws, schedule.id).status == "Active"
    fetched = Schedule.get(ws, schedule.id)
    fetched.update(
        name="My_Updated_Schedule",
        description="Updated_Schedule_Run",
        status="Active",
        wait_for_provisioning=True,
        recurrence=ScheduleRecurrence(frequency="Hour", interval=2),
    )
    fetched = Schedule.get(ws, fetched.id)
    assert (fetched.name, fetched.recurrence.frequency, fetched.status) == ("My_Updated_Schedule", "Hour", "Active")

    polling = Schedule.create(
        workspace=ws,
        name="My_Schedule",
        pipeline_id=published.id,
        experiment_name="Schedule_Run",
        datastore=Datastore(workspace=ws, name="workspaceblobstore"),
        wait_for_provisioning=True,
        description="Schedule Run",
    )
    polling.disable(wait_for_provisioning=True)
    fetched.disable(wait_for_provisioning=True)
    assert Schedule.get(ws, polling.id).status == "Disabled"


def test_parameter_expressions(ws: Workspace, published: PublishedPipeline) -> None:
    """aml-pipelines-schedule-with-pipeline-parameter-expressions.ipynb: Azure computes them, here they are refused."""
    from azureml.pipeline.core.schedule import Schedule, ScheduleRecurrence

    with pytest.raises(Exception, match=r"parameter expressions, as in start_time=@trigger\(\)\.startTime"):
        Schedule.create(
            ws,
            name="ScheduleWithExpression",
            description="Based on time, with pipeline param expressions",
            pipeline_id=published.id,
            pipeline_parameters={"start_time": "@trigger().startTime"},
            experiment_name="sample-schedule-with-expression",
            recurrence=ScheduleRecurrence(frequency="Minute", interval=15),
        )
    assert Schedule.list(ws, pipeline_id=published.id) == []


def test_scheduling_tutorial(ws: Workspace, aml_compute: AmlCompute, notebook: Callable[..., Path]) -> None:
    """tutorials/tutorial-pipeline-scheduling.ipynb."""
    from azureml.core import Experiment
    from azureml.core.conda_dependencies import CondaDependencies
    from azureml.core.runconfig import RunConfiguration
    from azureml.pipeline.core import Pipeline, PublishedPipeline, Schedule, ScheduleRecurrence
    from azureml.pipeline.steps import PythonScriptStep

    notebook("pipeline-scheduling-src/preprocessing.py", "print('Wrote 31 records')")
    compute_target = ws.compute_targets["cpu-cluster"]
    configuration = RunConfiguration()
    configuration.target = "amlcompute"
    configuration.amlcompute.vm_size = "STANDARD_D1_V2"
    dependencies = CondaDependencies()
    dependencies.add_pip_package("scikit-learn")
    configuration.environment.python.conda_dependencies = dependencies
    step = PythonScriptStep(
        script_name="preprocessing.py",
        arguments=[],
        inputs=[],
        outputs=[],
        compute_target=compute_target,
        runconfig=configuration,
        source_directory="./pipeline-scheduling-src/",
    )
    pipeline = Pipeline(workspace=ws, steps=[step])
    run = Experiment(ws, "PipelineScheduling").submit(pipeline)
    assert run.wait_for_completion() == "Finished"
    published = run.publish_pipeline("My published pipeline", "Published today", "0.0.5")
    assert PublishedPipeline.get(ws, id=published.id).version == "0.0.5"
    schedule = Schedule.create(
        ws,
        name="MySchedule",
        pipeline_id=published.id,
        experiment_name="PipelineScheduling",
        recurrence=ScheduleRecurrence(frequency="Minute", interval=3),
    )
    assert schedule.id in str(next(one for one in Schedule.list(ws) if one.id == schedule.id))
    schedule.disable()
    assert schedule.id not in [one.id for one in Schedule.list(ws)]
    PublishedPipeline.get(ws, id=published.id).disable()
