"""Schedules of SDK v1, bound to a pipeline endpoint: bound to a pipeline, one would start that one for ever."""

from datetime import datetime, timezone

from azureml.core import Workspace
from azureml.pipeline.core import Schedule as SdkSchedule
from azureml.pipeline.core import ScheduleRecurrence

from workspaces.azure.errors import translates
from workspaces.jobs.pipelines import Endpoint
from workspaces.jobs.schedules import Recurrence, Schedule


@translates
class V1Schedules:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def active(self) -> list[Schedule]:
        # The SDK asks for active ones only, but the service may leave that to the caller.
        return [_value(found) for found in SdkSchedule.list(self._workspace) if found.status == "Active"]

    def create(
        self, name: str, endpoint: Endpoint, experiment: str, recurrence: Recurrence, *, description: str, run_now: bool
    ) -> None:
        SdkSchedule.create_for_pipeline_endpoint(
            self._workspace,
            name=name,
            pipeline_endpoint_id=endpoint.id,
            experiment_name=experiment,
            recurrence=sdk_recurrence(recurrence, run_now),
            description=description,
            wait_for_provisioning=True,
        )

    def update(self, schedule: Schedule, recurrence: Recurrence, *, run_now: bool) -> None:
        found = SdkSchedule.get(self._workspace, schedule.id)
        found.update(recurrence=sdk_recurrence(recurrence, run_now), wait_for_provisioning=True)

    def disable(self, schedule: Schedule) -> None:
        # SDK v1 can't delete one: a disabled schedule stays listed in studio.
        SdkSchedule.get(self._workspace, schedule.id).disable(wait_for_provisioning=True)


def sdk_recurrence(recurrence: Recurrence, run_now: bool) -> ScheduleRecurrence:
    return ScheduleRecurrence(
        frequency=recurrence.frequency,
        interval=recurrence.interval,
        # Without a start time Azure ML runs at once; with one in the past, at the next regular time.
        start_time=None if run_now else datetime.now(timezone.utc).replace(tzinfo=None),
        hours=list(recurrence.hours) or None,
        minutes=list(recurrence.minutes) or None,
        week_days=list(recurrence.week_days) or None,
    )


def _value(found: SdkSchedule) -> Schedule:
    given = found.recurrence
    recurrence = given and Recurrence(
        given.frequency,
        given.interval,
        tuple(given.hours or ()),
        tuple(given.minutes or ()),
        tuple(given.week_days or ()),
    )
    return Schedule(found.id, found.name, found.status, found.pipeline_endpoint_id, recurrence or None)
