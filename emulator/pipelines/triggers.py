"""What makes a schedule fire: a recurrence, or blobs of the datastore that were added or changed."""

from datetime import datetime, timedelta

from emulator.blobs.files import blob_versions
from emulator.datastores.registry import get_datastore
from emulator.errors import BadRequest, NotSupported
from emulator.pipelines.recurrence import next_time, parse_recurrence
from emulator.wire import Document
from emulator.workspace import LocalWorkspace

LONGEST_POLLING_MINUTES = 100_000


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
    container = get_datastore(workspace, poll["DataStoreName"])["container"]
    return blob_versions(workspace, container, poll.get("PathOnDataStore") or "")


def has_news(before: dict[str, int], now: dict[str, int]) -> bool:
    """Blobs were added or changed; one that was deleted is no news."""
    return bool(now.items() - before.items())


def _poll(workspace: LocalWorkspace, schedule: Document) -> Document:
    """What is polled. Raises BadRequest, NotFound or NotSupported for what the local workspace cannot poll."""
    poll: Document = schedule.get("DataStoreTriggerInfo") or {}
    if not poll.get("DataStoreName"):
        raise BadRequest("a schedule needs a Recurrence, or a datastore to poll")
    get_datastore(workspace, poll["DataStoreName"])
    if poll.get("DataPathParameterName"):
        raise NotSupported("schedules that set a data path parameter, because its steps take no data paths as inputs")
    interval = poll.get("PollingInterval")
    if not isinstance(interval, int) or not 1 <= interval <= LONGEST_POLLING_MINUTES:
        raise BadRequest(f"the polling interval is from 1 to {LONGEST_POLLING_MINUTES} minutes, not {interval!r}")
    return poll
