"""What makes a schedule fire: a recurrence, or blobs of the datastore that were added or changed."""

from datetime import datetime, timedelta

from azureml_emulator.azure.pipelines.schedules.recurrence import next_time, parse_recurrence
from azureml_emulator.azure.storage.blobs.files import blob_versions
from azureml_emulator.azure.storage.datastores.registry import get_datastore
from azureml_emulator.errors import BadRequest
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

LONGEST_POLLING_MINUTES = 100_000
_LONGEST_NAME = 255
"""Bytes: what a folder's name has on the file systems that blobs lie on."""


def is_recurrence(schedule: Document) -> bool:
    return bool(schedule.get("Recurrence"))


def starts_at_once(schedule: Document) -> bool:
    """Azure ML's rule for a recurrence without a start time."""
    return is_recurrence(schedule) and not schedule["Recurrence"].get("StartTime")


def next_due(workspace: LocalWorkspace, schedule: Document, after: datetime) -> datetime:
    """The next time of the recurrence, or the next poll. Raises an ApiError that names what cannot be."""
    if is_recurrence(schedule):
        created = datetime.fromisoformat(schedule["_started"])
        return next_time(parse_recurrence(schedule["Recurrence"], created), after)
    return after + timedelta(minutes=_poll(workspace, schedule)["PollingInterval"])


def blobs_seen(workspace: LocalWorkspace, schedule: Document) -> dict[str, int]:
    """What a poll compares with the one before: blobs in the folder, and as on Azure none of those below it."""
    poll = _poll(workspace, schedule)
    folder = poll.get("PathOnDataStore") or ""
    if not isinstance(folder, str) or any(
        len(part.encode("utf-8", "replace")) > _LONGEST_NAME for part in folder.split("/")
    ):
        raise BadRequest(f"the path on the datastore is of names with at most {_LONGEST_NAME} bytes, not {folder!r}")
    return blob_versions(workspace, get_datastore(workspace, poll["DataStoreName"])["container"], folder)


def news(before: dict[str, int], now: dict[str, int]) -> list[str]:
    """The blobs that were added or changed, in order; one that was deleted is no news."""
    return sorted(name for name, _ in now.items() - before.items())


def submissions(schedule: Document, blobs: list[str]) -> list[Document]:
    """What a firing submits: one run, or with a data path parameter one run for each blob of a poll."""
    info: Document = schedule["PipelineSubmissionInfo"] | {"RunType": "Schedule"}
    poll = schedule.get("DataStoreTriggerInfo") or {}
    parameter = poll.get("DataPathParameterName")
    if is_recurrence(schedule) or not parameter:
        return [info]
    folder = (poll.get("PathOnDataStore") or "").strip("/")
    paths = [f"{folder}/{blob}".lstrip("/") for blob in blobs]
    given = info.get("DataPathAssignments") or {}
    return [
        info
        | {"DataPathAssignments": given | {parameter: {"DataStoreName": poll["DataStoreName"], "RelativePath": path}}}
        for path in paths
    ]


def _poll(workspace: LocalWorkspace, schedule: Document) -> Document:
    """What is polled. Raises BadRequest or NotFound for what the local workspace cannot poll."""
    poll = schedule.get("DataStoreTriggerInfo")
    if not isinstance(poll, dict) or not poll.get("DataStoreName"):
        raise BadRequest("a schedule needs a Recurrence, or a datastore to poll")
    get_datastore(workspace, poll["DataStoreName"])
    interval = poll.get("PollingInterval")
    if type(interval) is not int or not 1 <= interval <= LONGEST_POLLING_MINUTES:
        raise BadRequest(f"the polling interval is from 1 to {LONGEST_POLLING_MINUTES} minutes, not {interval!r}")
    return poll
