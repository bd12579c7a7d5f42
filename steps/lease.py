"""One release at a time for a service: a blob on the workspace's datastore that says whose turn it is.

Merge, schedule and studio may start runs together. A step takes the lease before it touches the service, and gives it
back when it ends. The blob is only ever replaced by who has read it last (If-Match), so that two
cannot hold it. A lease ends with its time, or with the run that holds it: nobody waits for the dead.

The blob is the journal of the release too: what the service ran before the first change stays in it until the service
is proven, so that a run which takes over from a killed one still knows what to go back to.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azureml.core import Run, Workspace
from azureml.exceptions import AzureMLException
from msrest.exceptions import ClientException
from pydantic import ValidationError

from config.errors import AmlGpuError, DeploymentError, WorkspaceError
from config.settings import Service
from steps.artifacts import Part, ServiceState
from steps.script import SERVICE_ERRORS
from steps.service import HEALTHY

FOLDER = "amlgpu/leases"
ENDED = ("Completed", "Finished", "Failed", "Canceled")
POLL_SECONDS = 2.0
COMMAND = "amlgpu "
"""What the name of a holder that isn't a run begins with."""


class Before(Part):
    """What a service ran before a change that isn't proven yet."""

    state: ServiceState | None
    """None: there was no such service."""

    def is_still(self, state: ServiceState) -> bool:
        """Whether the service runs this, as ``state``: then the change never began."""
        return self.state is not None and (self.state.tags, HEALTHY) == (state.tags, state.state)


class Claim(Part):
    """The content of the blob."""

    holder: str | None
    """Id of the pipeline run whose turn it is, or the name of a command; None: nobody's."""
    expires: datetime
    """UTC; after it anybody may take over."""
    before: Before | None = None
    """None: what the service runs is proven."""


class Lease:
    """The turn of one run at one service.

    lease = Lease.acquire(workspace, "digits", run_id, settings.service)
    lease.record(Before(state=...))     # before the first change
    lease.release(proven=True)
    """

    def __init__(self, blob: Any, holder: str, etag: str, claim: Claim, seconds: float) -> None:
        self._blob = blob
        self._holder = holder
        self._etag = etag
        self._seconds = seconds
        self.claim = claim

    @classmethod
    def acquire(
        cls,
        workspace: Workspace,
        name: str,
        holder: str,
        limits: Service,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> "Lease":
        """Wait for the turn of ``holder``, a run id, at the service ``name``.

        Its own lease, of an earlier step or life, is taken up again.
        DeploymentError when another run has held it for ``limits.lease_wait_seconds``.
        """
        blob = _blob(workspace, name)
        deadline = time.monotonic() + limits.lease_wait_seconds
        said = None
        while True:
            etag, claim = _read(blob)
            if claim is None or claim.holder == holder or holder_of(workspace, claim) is None:
                wanted = Claim(holder=holder, expires=_in(limits.lease_seconds), before=claim.before if claim else None)
                written = _write(blob, wanted, etag)
                if written:
                    return cls(blob, holder, written, wanted, limits.lease_seconds)
                continue  # somebody was faster: read what they wrote
            if time.monotonic() > deadline:
                raise DeploymentError(
                    f"{name} has been held by {who_is(str(claim.holder))} for "
                    f"{limits.lease_wait_seconds} s: see whether it still works, cancel it if not, then run again"
                )
            if said != claim.holder:
                until = f"until {claim.expires:%Y-%m-%d %H:%M} UTC at most"
                print(f"waiting for {who_is(str(claim.holder))}, which holds {name} {until}", flush=True)
                said = claim.holder
            sleep(POLL_SECONDS)

    def record(self, before: Before) -> None:
        """Keep what the service ran, unless something older is kept that was proven last; the time begins anew.

        DeploymentError when another run took over meanwhile: nothing may be changed then.
        """
        kept = self.claim.before or before
        self._replace(self.claim.model_copy(update={"before": kept, "expires": _in(self._seconds)}))

    def release(self, *, proven: bool) -> None:
        """Give the turn to the next; ``proven``: what the service runs now needs no way back."""
        before = None if proven else self.claim.before
        self._replace(Claim(holder=None, expires=_in(0), before=before))

    def give_up(self) -> None:
        """Give the turn to the next, the journal kept; nothing happens where it was given back already.

        Raises nothing, since it may be on the way out with an error that matters more: the turn ends with its run.
        """
        if self.claim.holder is None:
            return
        try:
            self.release(proven=False)
        except (AmlGpuError, *SERVICE_ERRORS) as error:
            print(f"the turn couldn't be given back: {error}", flush=True)

    def _replace(self, claim: Claim) -> None:
        written = _write(self._blob, claim, self._etag) or self._written_before(claim)
        if written is None:
            raise DeploymentError(f"{who_is(self._holder)} has lost its lease: another run took over; run again")
        self._etag, self.claim = written, claim

    def _written_before(self, claim: Claim) -> str | None:
        """The ETag where the blob is ``claim`` already: a request is sent again when its answer was lost."""
        etag, there = _read(self._blob)
        return etag if there == claim else None


def read_claim(workspace: Workspace, name: str) -> Claim | None:
    """What is known about the turns at the service ``name``; None: nobody had one. Changes nothing."""
    return _read(_blob(workspace, name))[1]


def _blob(workspace: Workspace, name: str) -> Any:
    datastore = workspace.get_default_datastore()
    container = datastore.blob_service.get_container_client(datastore.container_name)
    return container.get_blob_client(f"{FOLDER}/{name}.json")


def _read(blob: Any) -> tuple[str | None, Claim | None]:
    try:
        download = blob.download_blob()
        return str(download.properties.etag), Claim.model_validate_json(download.readall())
    except ResourceNotFoundError:
        return None, None
    except ValidationError:
        where = f"{FOLDER}/{blob.blob_name.rpartition('/')[2]}"
        raise WorkspaceError(
            f"{where} on the datastore isn't a lease of this version: delete it if no run is going"
        ) from None


def _write(blob: Any, claim: Claim, etag: str | None) -> str | None:
    """The new ETag; None when the blob isn't the one that was read."""
    condition = {"etag": etag, "match_condition": MatchConditions.IfNotModified} if etag else {}
    try:
        answer = blob.upload_blob(claim.model_dump_json(indent=2), overwrite=etag is not None, **condition)
    except (ResourceExistsError, ResourceModifiedError):
        return None
    return str(answer["etag"])


def holder_of(workspace: Workspace, claim: Claim) -> str | None:
    """Whose turn it is; None: nobody's, or that of one whose time or run has ended."""
    if claim.holder is None or claim.expires <= datetime.now(timezone.utc) or has_ended(workspace, claim.holder):
        return None
    return claim.holder


def who_is(holder: str) -> str:
    """``holder`` in words: a command names itself, everything else is the id of a run."""
    return holder if holder.startswith(COMMAND) else f"the run {holder}"


def has_ended(workspace: Workspace, run_id: str) -> bool:
    """Whether the run has; False also for what isn't a run, or can't be asked for now: then its time has to pass."""
    try:
        return str(Run.get(workspace, run_id).get_status()) in ENDED
    except (AzureMLException, ClientException):
        return False


def _in(seconds: float) -> datetime:
    return datetime.now(timezone.utc) + timedelta(seconds=seconds)
