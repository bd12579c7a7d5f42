"""Schedules as the page shows them."""

from dataclasses import dataclass
from itertools import islice

from azureml_emulator.azure.arm.schedules.documents import KIND as JOB_SCHEDULE
from azureml_emulator.azure.arm.schedules.scheduler import SCHEDULE_NAME
from azureml_emulator.state.store import Store
from azureml_emulator.studio.contents.moments import shown
from azureml_emulator.studio.contents.runs import RunRow, latest_runs, row_of
from azureml_emulator.studio.contents.shapes import mapping, pairs
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
    description: str
    experiment: str
    target: tuple[str, str]
    """Path of the page of what it starts, nothing where it has none, and its name."""
    runs: list[RunRow]
    """The last ones that it started."""


def schedules(store: Store) -> list[Schedule]:
    """Those of SDK v1, which start pipelines, then those of SDK v2, which start jobs."""
    return _of_pipelines(store) + [_of_jobs(store, document) for document in store.all(JOB_SCHEDULE)]


def _of_pipelines(store: Store) -> list[Schedule]:
    rows = {row.id: row for row in latest_runs(store, limit=1000)}
    started = [run for run in reversed(store.all("pipeline run")) if run["ScheduleId"] and run["Id"] in rows]
    return [
        Schedule(
            id=document["Id"],
            name=str(document.get("Name") or document["Id"]),
            status=status_of(document["EntityStatus"]),
            when=when(document),
            next=shown(document.get("_next")) if document["EntityStatus"] == "Active" else "",
            description=str(document.get("Description") or ""),
            experiment=_experiment(document),
            target=_target(store, document),
            runs=[rows[run["Id"]] for run in started if run["ScheduleId"] == document["Id"]][:_RUNS],
        )
        for document in store.all("schedule")
    ]


def _of_jobs(store: Store, document: Document) -> Schedule:
    name, said = document["name"], document["properties"]
    job = mapping(mapping(said["action"]).get("jobDefinition"))
    runs = (run for run in store.newest_first("run", name) if pairs(run["properties"]).get(SCHEDULE_NAME) == name)
    return Schedule(
        id=name,
        name=str(said.get("displayName") or name),
        status=status_of("Active" if said["isEnabled"] else "Disabled"),
        when=_when_of_trigger(mapping(said["trigger"])),
        next=shown(document["_next"]),
        description=str(said.get("description") or ""),
        experiment=str(job.get("experimentName") or ""),
        target=_job(job),
        runs=[row_of(store, run["runId"]) for run in islice(runs, _RUNS)],
    )


def _job(job: Document) -> tuple[str, str]:
    """Of the job that the definition was taken from, where SDK v2 says that; else the definition in words."""
    if source := str(job.get("sourceJobId") or "").rpartition("/")[2]:
        return f"runs/{source}", f"a job as {source}"
    count = len(mapping(job.get("jobs")))
    kind = f"a pipeline job of {count} node{'s' if count > 1 else ''}" if count else "a command job"
    return "", f"{kind}, {job['displayName']}" if job.get("displayName") else kind


def _when_of_trigger(trigger: Document) -> str:
    if expression := trigger.get("expression"):
        return f"by the cron expression {expression}, {trigger.get('timeZone') or 'UTC'}"
    pattern = mapping(trigger.get("schedule"))
    days = [str(day).capitalize() for day in pattern.get("weekDays") or []]
    times = {"WeekDays": days, "Hours": pattern.get("hours"), "Minutes": pattern.get("minutes")}
    said = {"Interval": trigger.get("interval"), "Frequency": str(trigger.get("frequency")).capitalize()}
    months = [str(day) for day in pattern.get("monthDays") or []]
    said |= {"Schedule": times, "TimeZone": trigger.get("timeZone"), "MonthDays": months}
    return _recurring(said)


def when(document: Document) -> str:
    """As in: every 2 Weeks on Monday at 04:30 UTC."""
    recurrence = mapping(document.get("Recurrence"))
    if not recurrence:
        poll = mapping(document.get("DataStoreTriggerInfo"))
        return f"when blobs in '{poll.get('PathOnDataStore') or ''}' of the datastore change"
    return _recurring(recurrence)


def _recurring(recurrence: Document) -> str:
    interval, unit = recurrence.get("Interval") or 1, recurrence.get("Frequency")
    times = mapping(recurrence.get("Schedule"))
    said = f"every {unit}" if interval == 1 else f"every {interval} {unit}s"
    if days := times.get("WeekDays"):
        said += f" on {', '.join(map(str, days))}"
    if days := recurrence.get("MonthDays"):
        said += f" on day {', '.join(days)}"
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
