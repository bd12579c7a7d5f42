"""The blob that says whose turn it is to change a service, and what was proven last: read, and replaced whole."""

from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azureml.core import Run, Workspace
from azureml.exceptions import AzureMLException
from msrest.exceptions import ClientException
from pydantic import ValidationError

from config.errors import WorkspaceError
from steps.artifacts import Part, ServiceState
from steps.rollout.service import HEALTHY

FOLDER = "amlgpu/leases"
ENDED = ("Completed", "Finished", "Failed", "Canceled")
COMMAND = "amlgpu "
"""What the name of a holder that isn't a run begins with."""
SAME_TIME = timedelta(seconds=5)
"""Clocks that differ by no more are taken as one: a Date header has whole seconds, and its way takes time."""


class Before(Part):
    """What a service ran before a change that isn't proven yet."""

    state: ServiceState | None
    """None: there was no such service."""
    back_to: str | None = None
    """The run that `amlgpu rollback` was bringing back; None: no rollback was under way."""

    def is_still(self, state: ServiceState) -> bool:
        """Whether the service runs this, as ``state``: then the change never began."""
        return self.state is not None and (self.state.tags, HEALTHY) == (state.tags, state.state)


class Claim(Part):
    """The content of the blob."""

    holder: str | None
    """Id of the pipeline run whose turn it is, or the name of a command; None: nobody's."""
    expires: datetime
    """UTC, by the storage's clock; after it anybody may take over."""
    before: Before | None = None
    """None: what the service runs is proven."""


class ClaimBlob:
    """The blob of one service, and the time of its storage: the clocks of those who share it may differ."""

    def __init__(self, workspace: Workspace, name: str) -> None:
        datastore = workspace.get_default_datastore()
        container = datastore.blob_service.get_container_client(datastore.container_name)
        self._workspace = workspace
        self._client: Any = container.get_blob_client(f"{FOLDER}/{name}.json")
        self._ahead = timedelta(0)

    def read(self) -> tuple[str | None, Claim | None]:
        """The ETag and the claim; None, None where there is no blob. WorkspaceError for one of another version."""
        try:
            download = self._client.download_blob(raw_response_hook=self._set_clock)
            return str(download.properties.etag), Claim.model_validate_json(download.readall())
        except ResourceNotFoundError:
            return None, None
        except ValidationError:
            where = f"{FOLDER}/{self._client.blob_name.rpartition('/')[2]}"
            raise WorkspaceError(
                f"{where} on the datastore isn't a lease of this version: delete it if no run is going"
            ) from None

    def write(self, claim: Claim, etag: str | None) -> str | None:
        """The new ETag; None when the blob isn't the one that was read."""
        condition = {"etag": etag, "match_condition": MatchConditions.IfNotModified} if etag else {}
        try:
            answer = self._client.upload_blob(
                claim.model_dump_json(indent=2),
                overwrite=etag is not None,
                raw_response_hook=self._set_clock,
                **condition,
            )
        except (ResourceExistsError, ResourceModifiedError):
            return None
        return str(answer["etag"])

    def holder_of(self, claim: Claim | None) -> str | None:
        """Whose turn it is; None: nobody's, or that of one whose time or run has ended."""
        if claim is None or claim.holder is None or claim.expires <= self.after(0):
            return None
        is_command = claim.holder.startswith(COMMAND)
        return None if not is_command and has_ended(self._workspace, claim.holder) else claim.holder

    def after(self, seconds: float) -> datetime:
        """The storage's time so many seconds from now."""
        return _now() + self._ahead + timedelta(seconds=seconds)

    def _set_clock(self, response: Any) -> None:
        if sent := response.http_response.headers.get("Date"):
            ahead = parsedate_to_datetime(sent) - _now()
            self._ahead = ahead if abs(ahead) > SAME_TIME else timedelta(0)


def who_is(holder: str) -> str:
    """``holder`` in words: a command names itself, everything else is the id of a run."""
    return holder if holder.startswith(COMMAND) else f"the run {holder}"


def has_ended(workspace: Workspace, run_id: str) -> bool:
    """Whether the run has; False also for what isn't a run, or can't be asked for now: then its time has to pass."""
    try:
        return str(Run.get(workspace, run_id).get_status()) in ENDED
    except (AzureMLException, ClientException):
        return False


def _now() -> datetime:
    return datetime.now(timezone.utc)
