"""Pipelines found again: runs and schedules of a published one, the graph of a run and of a published one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azureml.core import Experiment, Workspace
    from azureml.pipeline.core import PipelineRun, PublishedPipeline, StepRun

Publish = Callable[..., "PublishedPipeline"]
Finish = Callable[["PipelineRun"], "dict[str, StepRun]"]


def test_runs_and_graph(publish: Publish, workspace: Workspace, experiment: Experiment, finish: Finish) -> None:
    from azureml.pipeline.core import PipelineRun, PublishedPipeline

    published = publish("looked-up", default=7)
    run = published.submit(workspace, experiment.name)
    assert [one.id for one in PipelineRun.get_pipeline_runs(workspace, published.id)] == [run.id]
    assert [one.id for one in experiment.get_runs(type="azureml.PipelineRun")] == [run.id]
    for graph in (run.get_graph(), published.get_graph()):
        assert [node.name for node in graph.nodes] == ["echo"]
    finish(run)
    again = run.publish_pipeline("of-a-run", description="again", version="2.0")
    found = PublishedPipeline.get(workspace, again.id)
    assert (found.name, found.description, found.version) == ("of-a-run", "again", "2.0")
    assert finish(found.submit(workspace, experiment.name))["echo"].get_stdout_log() == "n = 7\n"


def test_schedules(publish: Publish, workspace: Workspace) -> None:
    from azureml.pipeline.core import Schedule, ScheduleRecurrence

    published = publish("scheduled")
    weekly = ScheduleRecurrence("Week", 1, start_time="2099-01-01T00:00:00")
    made = Schedule.create(workspace, "weekly", published.id, "scheduled", recurrence=weekly)
    assert [one.id for one in Schedule.get_schedules_for_pipeline_id(workspace, published.id)] == [made.id]
    made.disable()


def test_a_step_that_is_known_by_its_hash(publish: Publish, workspace: Workspace) -> None:
    first, second = (publish(name) for name in ("first", "second"))
    [one], [other] = (published.get_graph().nodes for published in (first, second))
    assert one._module.id == other._module.id
