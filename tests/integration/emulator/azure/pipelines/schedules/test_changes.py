"""Schedules that are changed, and what they start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azureml_emulator.state.disk.files import LOG
from tests.integration.emulator.azure.pipelines.schedules.clock import Clock
from tests.integration.emulator.azure.pipelines.schedules.conftest import Create, Finish, Publish, count
from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azureml.pipeline.core import PipelineEndpoint


def test_only_an_active_one_fires(publish: Publish, create: Create, clock: Clock) -> None:
    schedule = create(publish("paused"), recurrence={"frequency": "Hour", "interval": 1})
    assert count(schedule) == 1
    schedule.disable(wait_for_provisioning=True)
    clock.advance(hours=3)
    assert count(schedule) == 1
    schedule.enable(wait_for_provisioning=True)
    assert count(schedule) == 1
    clock.advance(hours=1)
    assert count(schedule) == 2


def test_update(publish: Publish, create: Create, clock: Clock, finish: Finish) -> None:
    from azureml.pipeline.core import ScheduleRecurrence

    start = clock.now()
    schedule = create(publish("changed"), recurrence={"frequency": "Week", "interval": 1, "start_time": start})
    schedule.update(recurrence=ScheduleRecurrence("Hour", 1, start_time=start), pipeline_parameters={"n": 3})
    assert count(schedule) == 0
    clock.advance(hours=1)
    assert finish(schedule.get_last_pipeline_run())["echo"].get_stdout_log() == "n = 3\n"
    schedule.update(name="renamed", description="and described")
    assert count(schedule) == 1
    clock.advance(hours=1)
    assert count(schedule) == 2


def test_update_without_a_start_time(publish: Publish, create: Create, clock: Clock) -> None:
    """As `amlgpu schedule create --run-now` does it, once and again: it runs at once, but not for a new name."""
    from azureml.pipeline.core import ScheduleRecurrence

    start = clock.now()
    schedule = create(publish("now"), recurrence={"frequency": "Day", "interval": 1, "start_time": start})
    for expected in (1, 2):
        schedule.update(recurrence=ScheduleRecurrence("Day", 1), wait_for_provisioning=True)
        assert count(schedule) == expected
    schedule.update(name="renamed")
    assert count(schedule) == 2


def test_default_of_the_endpoint_at_that_time(
    endpoint: PipelineEndpoint, publish: Publish, create: Create, clock: Clock, finish: Finish
) -> None:
    schedule = create(endpoint, recurrence={"frequency": "Hour", "interval": 1})
    assert finish(schedule.get_last_pipeline_run())["echo"].get_stdout_log() == "n = 1\n"
    endpoint.add_default(publish("second", default=2))
    clock.advance(hours=1)
    assert finish(schedule.get_last_pipeline_run())["echo"].get_stdout_log() == "n = 2\n"


def test_what_it_starts_is_disabled(
    endpoint: PipelineEndpoint, create: Create, clock: Clock, emulator: Emulator
) -> None:
    schedule = create(endpoint, recurrence={"frequency": "Hour", "interval": 1, "start_time": clock.now()})
    endpoint.disable()
    clock.advance(hours=1)
    assert count(schedule) == 0
    log = (emulator.folder / LOG).read_text()
    assert f"started nothing: pipeline endpoint '{endpoint.name}' is disabled" in log
    endpoint.enable()
    assert count(schedule) == 0
    clock.advance(hours=1)
    assert count(schedule) == 1
