"""The file that says whose turn it is to change a service, and what was proven last: read, and replaced whole."""

from datetime import datetime, timedelta

from pydantic import ValidationError

from config.errors import WorkspaceError
from steps.artifacts.artifact import Part
from workspaces.services import HEALTHY, ServiceState
from workspaces.workspace import Workspace

FOLDER = "amlgpu/leases"
MODEL = "model."
"""What the name of a lease begins with where it is for a model: its versions are the same to both SDKs."""
COMMAND = "amlgpu "
"""What the name of a holder that isn't a run begins with."""


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
    """The content of the file."""

    holder: str | None
    """Id of the pipeline run whose turn it is, or the name of a command; None: nobody's."""
    expires: datetime
    """UTC, by the storage's clock; after it anybody may take over."""
    before: Before | None = None
    """None: what the service runs is proven."""


class LeaseFile:
    """The file of one service, or model, and the time of its storage: the clocks of those who share it may differ."""

    def __init__(self, workspace: Workspace, name: str) -> None:
        self._files, self._runs = workspace.files, workspace.runs
        # Services of two SDKs may have one name: what one of them ran before is no way back for the other.
        is_of_both = workspace.sdk == "v1" or name.startswith(MODEL)
        self._path = f"{FOLDER}/{name}.json" if is_of_both else f"{FOLDER}/{workspace.sdk}/{name}.json"

    def read(self) -> tuple[str | None, Claim | None]:
        """The ETag and the claim; None, None where there is no file. WorkspaceError for one of another version."""
        stored = self._files.read(self._path)
        if stored is None:
            return None, None
        try:
            return stored.etag, Claim.model_validate_json(stored.content)
        except ValidationError:
            raise WorkspaceError(
                f"{self._path} on the datastore isn't a lease of this version: delete it if no run is going"
            ) from None

    def write(self, claim: Claim, etag: str | None) -> str | None:
        """The new ETag; None when the file isn't the one that was read."""
        return self._files.write(self._path, claim.model_dump_json(indent=2, exclude_defaults=True).encode(), etag)

    def holder_of(self, claim: Claim | None) -> str | None:
        """Whose turn it is; None: nobody's, or that of one whose time or run has ended."""
        if claim is None or claim.holder is None or claim.expires <= self.after(0):
            return None
        is_command = claim.holder.startswith(COMMAND)
        return None if not is_command and self._runs.has_ended(claim.holder) else claim.holder

    def after(self, seconds: float) -> datetime:
        """The storage's time so many seconds from now."""
        return self._files.now() + timedelta(seconds=seconds)


def who_is(holder: str) -> str:
    """``holder`` in words: a command names itself, everything else is the id of a run."""
    return holder if holder.startswith(COMMAND) else f"the run {holder}"
