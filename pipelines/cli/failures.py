"""Turn whatever stopped a verb into one message and one exit code."""

import traceback

from config.errors import AmlGpuError, LocalWorkspaceError
from config.no_room import no_room
from pipelines.local import is_redirected, state_folder


def as_known_error(error: Exception) -> AmlGpuError:
    """The error itself if it is ours, with where its traceback lies if Azure ML caused it; else a bug of ours."""
    from workspaces.errors import NotSignedIn, RequestError

    if isinstance(error, AmlGpuError) and not isinstance(error, RequestError):
        return error
    if full := no_room(error):
        return full
    kept = _keep_traceback(error)
    if lost_local_workspace(error):
        return LocalWorkspaceError(
            "the local workspace stopped answering; a run that was going has failed: start it again with "
            "`amlgpu local up`"
        )
    if isinstance(error, NotSignedIn):
        return NotSignedIn(f"{error} {kept}")
    if isinstance(error, RequestError):
        return error
    return AmlGpuError(f"Unexpected {type(error).__name__}: {error}\n{kept}")


def lost_local_workspace(error: BaseException) -> bool:
    """True when a connection failed, in a process whose every request goes to the local workspace."""
    from workspaces.errors import NotSignedIn, Unreachable

    unanswered = isinstance(error, Unreachable) or (isinstance(error, NotSignedIn) and error.unanswered)
    return is_redirected() and unanswered


def _keep_traceback(error: Exception) -> str:
    """Write the traceback into the state folder; a sentence that says where it is, or why it is nowhere."""
    try:
        folder = state_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / "last-error.txt"
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8", errors="replace")
    except OSError as refused:
        return f"The traceback couldn't be kept: {refused}."
    return f"The traceback is in {path}."
