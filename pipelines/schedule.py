"""The schedule that starts the published default again and again.

It is bound to the PipelineEndpoint, not to one published pipeline: bound to a pipeline, it would go on releasing that
one after every later publication.
"""

from collections.abc import Iterable
from datetime import datetime, timezone

from azureml.core import Workspace
from azureml.pipeline.core import Schedule, ScheduleRecurrence

from config.settings import Schedule as ScheduleSettings
from config.settings import Settings
from pipelines.publish import published_endpoint


def create_schedule(workspace: Workspace, settings: Settings, run_now: bool = False) -> str:
    """Create the schedule, or bring the active one of that name in line with the settings. Returns which it was.

    Nothing runs before the first regular time unless ``run_now``.
    """
    endpoint = published_endpoint(workspace, settings)
    recurrence = recurrence_of(settings.schedule, run_now)
    mine = find_schedules(workspace, settings)
    kept = [schedule for schedule in mine if schedule.pipeline_endpoint_id == endpoint.id][:1]
    disable(schedule for schedule in mine if schedule not in kept)
    if not kept:
        Schedule.create_for_pipeline_endpoint(
            workspace,
            name=settings.schedule.name,
            pipeline_endpoint_id=endpoint.id,
            experiment_name=settings.pipeline.name,
            recurrence=recurrence,
            description=f"Releases of {settings.model.name}: {describe(recurrence)}",
            wait_for_provisioning=True,
        )
        return "created"
    if not run_now and describe(kept[0].recurrence) == describe(recurrence):
        return "unchanged"
    kept[0].update(recurrence=recurrence, wait_for_provisioning=True)
    return "updated"


def find_schedules(workspace: Workspace, settings: Settings) -> list[Schedule]:
    """The active schedules of the settings' name. Azure ML lets several have the same."""
    return [found for found in _active(workspace) if found.name == settings.schedule.name]


def disable(schedules: Iterable[Schedule]) -> None:
    """Stop schedules from firing. SDK v1 can't delete one: a disabled schedule stays listed in studio."""
    for schedule in schedules:
        schedule.disable(wait_for_provisioning=True)


def recurrence_of(wanted: ScheduleSettings, run_now: bool = False) -> ScheduleRecurrence:
    return ScheduleRecurrence(
        frequency=wanted.frequency,
        interval=wanted.interval,
        # Without a start time Azure ML runs at once; with one in the past, at the next regular time.
        start_time=None if run_now else datetime.now(timezone.utc).replace(tzinfo=None),
        hours=list(wanted.hours) or None,
        minutes=list(wanted.minutes) or None,
        week_days=list(wanted.week_days) or None,
    )


def describe(recurrence: ScheduleRecurrence) -> str:
    """``every 2 Weeks on Monday at 04:30 UTC``."""
    unit = recurrence.frequency if recurrence.interval == 1 else f"{recurrence.interval} {recurrence.frequency}s"
    days = f" on {', '.join(recurrence.week_days)}" if recurrence.week_days else ""
    times = [f"{hour:02}:{minute:02}" for hour in recurrence.hours or [] for minute in recurrence.minutes or [0]]
    return f"every {unit}{days}" + (f" at {', '.join(times)} UTC" if times else "")


def list_schedules(workspace: Workspace) -> list[dict[str, str]]:
    """Every active schedule of the workspace, whatever it starts."""
    return [
        {"name": found.name, "runs": describe(found.recurrence) if found.recurrence else "on new data", "id": found.id}
        for found in _active(workspace)
    ]


def _active(workspace: Workspace) -> list[Schedule]:
    # The SDK asks for active ones only, but the service may leave that to the caller.
    return [found for found in Schedule.list(workspace) if found.status == "Active"]
