"""Schedules as the page shows them."""

from dataclasses import dataclass

from azureml_emulator.state.store import Store
from azureml_emulator.studio.contents.moments import shown
from azureml_emulator.studio.contents.runs import RunRow, latest_runs
from azureml_emulator.studio.contents.shapes import mapping
from azureml_emulator.studio.contents.status import Status, status_of
from azureml_emulator.wire import Document

_RUNS = 5


@dataclass(frozen=True)
class Schedule:
    id: str
    name: str
    status: Status
    when: str
    next: str
    """When it fires next; nothing for one that does not."""
    experiment: str
    target: tuple[str, str]
    """Path of the page of what it starts, and its name."""
    runs: list[RunRow]
    """The last ones that it started."""


def schedules(store: Store) -> list[Schedule]:
    rows = {row.id: row for row in latest_runs(store, limit=1000)}
    started = [run for run in reversed(store.all("pipeline run")) if run["ScheduleId"] and run["Id"] in rows]
    return [
        Schedule(
            id=document["Id"],
            name=str(document.get("Name") or document["Id"]),
            status=status_of(document["EntityStatus"]),
            when=when(document),
            next=shown(document.get("_next")) if document["EntityStatus"] == "Active" else "",
            experiment=_experiment(document),
            target=_target(store, document),
            runs=[rows[run["Id"]] for run in started if run["ScheduleId"] == document["Id"]][:_RUNS],
        )
        for document in store.all("schedule")
    ]


def when(document: Document) -> str:
    """As in: every 2 Weeks on Monday at 04:30 UTC."""
    recurrence = mapping(document.get("Recurrence"))
    if not recurrence:
        poll = mapping(document.get("DataStoreTriggerInfo"))
        return f"when blobs in '{poll.get('PathOnDataStore') or ''}' of the datastore change"
    interval, unit = recurrence.get("Interval") or 1, recurrence.get("Frequency")
    times = mapping(recurrence.get("Schedule"))
    said = f"every {unit}" if interval == 1 else f"every {interval} {unit}s"
    if days := times.get("WeekDays"):
        said += f" on {', '.join(map(str, days))}"
    hours, minutes = times.get("Hours") or [], times.get("Minutes") or [0]
    clock = [f"{hour!s:0>2}:{minute!s:0>2}" for hour in hours for minute in minutes]
    return said + (f" at {', '.join(clock)} {recurrence.get('TimeZone') or 'UTC'}" if clock else "")


def _experiment(document: Document) -> str:
    submission = mapping(document.get("PipelineSubmissionInfo"))
    return str(submission.get("ExperimentName") or "")


def _target(store: Store, document: Document) -> tuple[str, str]:
    if identifier := document.get("PipelineEndpointId"):
        found = store.find("pipeline endpoint", identifier) or {}
        return f"endpoints/{identifier}", str(found.get("Name") or identifier)
    identifier = str(document.get("PipelineId"))
    return f"pipelines/{identifier}", str((store.find("pipeline", identifier) or {}).get("Name") or identifier)
