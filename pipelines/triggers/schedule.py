"""The schedule that starts the published default again and again.

It is bound to the pipeline endpoint, not to one published pipeline: it starts what was published last.
"""

from collections.abc import Iterable

from config.settings import Schedule as ScheduleSettings
from config.settings import Settings
from pipelines.triggers.publish import published_endpoint
from workspaces.jobs.schedules import Recurrence, Schedule
from workspaces.workspace import Workspace


def create_schedule(workspace: Workspace, settings: Settings, run_now: bool = False) -> str:
    """Create the schedule, or bring the active one of that name in line with the settings. Returns which it was.

    Nothing runs before the first regular time unless ``run_now``.
    """
    endpoint = published_endpoint(workspace, settings)
    recurrence = recurrence_of(settings.schedule)
    mine = find_schedules(workspace, settings)
    kept = [schedule for schedule in mine if schedule.endpoint_id == endpoint.id][:1]
    disable(workspace, (schedule for schedule in mine if schedule not in kept))
    if not kept:
        workspace.schedules.create(
            settings.schedule.name,
            endpoint,
            settings.pipeline.name,
            recurrence,
            description=f"Releases of {settings.model.name}: {recurrence}",
            run_now=run_now,
        )
        return "created"
    if not run_now and str(kept[0].recurrence) == str(recurrence):
        return "unchanged"
    workspace.schedules.update(kept[0], recurrence, run_now=run_now)
    return "updated"


def find_schedules(workspace: Workspace, settings: Settings) -> list[Schedule]:
    """The active schedules of the settings' name. Azure ML lets several have the same."""
    return [found for found in workspace.schedules.active() if found.name == settings.schedule.name]


def disable(workspace: Workspace, schedules: Iterable[Schedule]) -> None:
    """Stop schedules from firing."""
    for schedule in schedules:
        workspace.schedules.disable(schedule)


def recurrence_of(wanted: ScheduleSettings) -> Recurrence:
    return Recurrence(wanted.frequency, wanted.interval, wanted.hours, wanted.minutes, tuple(wanted.week_days))


def list_schedules(workspace: Workspace) -> list[dict[str, str]]:
    """Every active schedule of the workspace, whatever it starts."""
    return [
        {"name": found.name, "runs": str(found.recurrence or "on new data"), "id": found.id}
        for found in workspace.schedules.active()
    ]
