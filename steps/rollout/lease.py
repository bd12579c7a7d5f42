"""One release at a time for a service: a file on the workspace's datastore that says whose turn it is.

Merge, schedule and studio may start runs together. A step takes the lease before it touches the service, and gives it
back when it ends. The file is only ever replaced by who has read it last (If-Match), so that two cannot hold it. A
lease ends with its time, ``service.lease_seconds`` of the settings, or with the run that holds it: nobody waits for
the dead. No run stands behind a command such as `amlgpu rollback`: its time is short, and renewed while it works.

The file is the journal of the release too: what the service ran before the first change stays in it until the service
is proven, so that a run which takes over from a killed one still knows what to go back to.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

from config.errors import AmlGpuError, DeploymentError
from config.settings import Service
from steps.rollout.lease_file import COMMAND, Before, Claim, LeaseFile, who_is
from workspaces.errors import RequestError
from workspaces.workspace import Workspace

POLL_SECONDS = 2.0
COMMAND_SECONDS = 60.0
"""Time of a command's turn, from one renewal to the next: so long does it keep others waiting once it was killed."""
RENEWALS = 3
"""In each COMMAND_SECONDS: one that fails is made up for by the next."""


class Lease:
    """The turn of one run, or of a command, at one service.

    lease = Lease.acquire(workspace, "digits", run_id, settings.service)
    lease.record(Before(state=...))     # before the first change
    lease.release(proven=True)
    """

    def __init__(self, file: LeaseFile, holder: str, etag: str, claim: Claim, seconds: float) -> None:
        self._file = file
        self._holder = holder
        self._etag = etag
        self._seconds = seconds
        self._writing = threading.Lock()
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
        file = LeaseFile(workspace, name)
        deadline = time.monotonic() + limits.lease_wait_seconds
        said = None
        while True:
            etag, claim = file.read()
            held_by = file.holder_of(claim)
            if held_by in (None, holder):
                before = claim.before if claim else None
                wanted = Claim(holder=holder, expires=file.after(limits.lease_seconds), before=before)
                written = file.write(wanted, etag)
                if written:
                    return cls(file, holder, written, wanted, limits.lease_seconds)
                continue  # somebody was faster: read what they wrote
            if time.monotonic() > deadline:
                raise DeploymentError(
                    f"{name} has been held by {who_is(str(held_by))} for {limits.lease_wait_seconds} s: see whether it "
                    "still works, cancel it if not, then run again"
                )
            if claim and said != held_by:
                until = f"until {claim.expires:%Y-%m-%d %H:%M} UTC at most"
                _say(f"waiting for {who_is(str(held_by))}, which holds {name} {until}")
                said = held_by
            sleep(POLL_SECONDS)

    def record(self, before: Before) -> None:
        """Keep what the service ran, unless something older is kept that was proven last; the time begins anew.

        Whereto a rollback by hand goes is kept with either, until the next change.

        DeploymentError when another run took over meanwhile: nothing may be changed then.
        """
        with self._writing:
            kept = (self.claim.before or before).model_copy(update={"back_to": before.back_to})
            self._replace(before=kept, expires=self._file.after(self._seconds))

    def renew(self) -> None:
        """Let the time begin anew; nothing happens where the turn was given back already.

        DeploymentError when another run took over meanwhile.
        """
        with self._writing:
            if self.claim.holder is not None:
                self._replace(expires=self._file.after(self._seconds))

    def release(self, *, proven: bool) -> None:
        """Give the turn to the next; ``proven``: what the service runs now needs no way back."""
        with self._writing:
            before = None if proven else self.claim.before
            self._replace(holder=None, expires=self._file.after(0), before=before)

    def give_up(self) -> None:
        """Give the turn to the next, the journal kept; nothing happens where it was given back already.

        Raises nothing, since it may be on the way out with an error that matters more: the turn ends with its run.
        """
        if self.claim.holder is None:
            return
        try:
            self.release(proven=False)
        except AmlGpuError as error:
            _say(f"the turn couldn't be given back: {error}")

    def _replace(self, **update: object) -> None:
        claim = self.claim.model_copy(update=update)
        written = self._file.write(claim, self._etag) or self._written_before(claim)
        if written is None:
            raise DeploymentError(f"{who_is(self._holder)} has lost its lease: another run took over; run again")
        self._etag, self.claim = written, claim

    def _written_before(self, claim: Claim) -> str | None:
        """The ETag where the file is ``claim`` already: a request is sent again when its answer was lost."""
        etag, there = self._file.read()
        return etag if there == claim else None


@contextmanager
def turn_of_command(
    workspace: Workspace, name: str, verb: str, limits: Service, *, seconds: float = COMMAND_SECONDS
) -> Iterator[Lease]:
    """The turn of `amlgpu VERB`, for ``seconds`` that are renewed until the block ends; then it is given up.

    DeploymentError when another run has held it for ``limits.lease_wait_seconds``.
    """
    own = limits.model_copy(update={"lease_seconds": seconds})
    lease, ended = Lease.acquire(workspace, name, f"{COMMAND}{verb} {uuid4()}", own), threading.Event()
    renewing = threading.Thread(target=_renew, args=(lease, ended, seconds / RENEWALS), daemon=True)
    renewing.start()
    try:
        yield lease
    finally:
        ended.set()
        lease.give_up()
        renewing.join()


def _renew(lease: Lease, ended: threading.Event, seconds: float) -> None:
    going = True
    while going and not ended.wait(seconds):
        going = _renewed(lease)


def _renewed(lease: Lease) -> bool:
    """False when the turn is lost; True also when that can't be told for now: the next renewal makes up for it."""
    try:
        lease.renew()
    except DeploymentError as error:
        _say(str(error))
        return False
    except RequestError as error:
        _say(f"the turn couldn't be renewed: {error}")
    return True


def _say(text: str) -> None:
    # A command drops what is printed: its standard output is for its answer. A step's log has both.
    print(text, file=sys.stderr, flush=True)
