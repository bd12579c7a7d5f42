"""Schedules that fire no more when a test is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.emulator.azure.pipelines.schedules.clock import Clock
from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azureml.core import Workspace
    from azureml.pipeline.core import PipelineEndpoint, PipelineRun, PublishedPipeline, Schedule, StepRun

Publish = Callable[..., "PublishedPipeline"]
Finish = Callable[["PipelineRun"], "dict[str, StepRun]"]
Create = Callable[..., "Schedule"]


@pytest.fixture
def clock(emulator: Emulator, bearer: dict[str, str]) -> Clock:
    return Clock(emulator, bearer)


@pytest.fixture
def create(workspace: Workspace) -> Iterator[Create]:
    """Schedules a published pipeline or an endpoint; when the test is over, they fire no more."""
    from azureml.pipeline.core import PipelineEndpoint, Schedule, ScheduleRecurrence

    created: list[Schedule] = []

    def make(what: PublishedPipeline | PipelineEndpoint, *, recurrence: Any = None, **options: Any) -> Schedule:
        if recurrence:
            options["recurrence"] = ScheduleRecurrence(**recurrence)
        of_endpoint = isinstance(what, PipelineEndpoint)
        bind = Schedule.create_for_pipeline_endpoint if of_endpoint else Schedule.create
        created.append(bind(workspace, "nightly", what.id, "scheduled-runs", wait_for_provisioning=True, **options))
        return created[-1]

    yield make
    for schedule in created:
        schedule.disable()


@pytest.fixture
def endpoint(publish: Publish, workspace: Workspace, request: pytest.FixtureRequest) -> PipelineEndpoint:
    """A pipeline endpoint of the test's own whose pipeline prints n = 1."""
    from azureml.pipeline.core import PipelineEndpoint

    name = request.node.name.replace("_", "-")
    return PipelineEndpoint.publish(workspace, name, description="d", pipeline=publish("first"))


def count(schedule: Schedule) -> int:
    return len(schedule.get_pipeline_runs())
