"""Turn whatever stopped a verb into one message and one exit code."""

import re
import traceback
from collections.abc import Iterator

from config.errors import AmlGpuError, LocalWorkspaceError, WorkspaceError
from pipelines.local import is_redirected, state_folder

# By name, because importing these packages takes a second that `amlgpu --help` hasn't got.
CLOUD_PACKAGES = ("azureml", "azure", "msrest", "msrestazure", "requests", "urllib3")
SIGN_IN_ERRORS = ("AuthenticationException", "ClientAuthenticationError", "CredentialUnavailableError")
CONNECTION_ERRORS = {
    *("ConnectionError", "NewConnectionError", "ProtocolError", "RemoteDisconnected"),  # Python's, requests', urllib3's
    *("ServiceRequestError", "ServiceResponseError"),  # azure-core's
}
LONGEST_MESSAGE = 1500
QUOTED_MESSAGE = re.compile(r"""^Content: b'\{.*?"message": ?"([^"]+)\"""", re.MULTILINE)


def as_known_error(error: Exception) -> AmlGpuError:
    """The error itself if it is ours, what the SDK or the network said as a WorkspaceError, else a bug of ours."""
    if isinstance(error, AmlGpuError):
        return error
    kept = _keep_traceback(error)
    if lost_local_workspace(error):
        return LocalWorkspaceError(
            "the local workspace stopped answering; a run that was going has failed: start it again with "
            "`amlgpu local up`"
        )
    names = _names(error)
    packages = {kind.__module__.partition(".")[0] for kind in type(error).__mro__}
    if names.intersection(SIGN_IN_ERRORS):
        first = _message(error).splitlines()[0]
        return WorkspaceError(f"{first}\nSign in with `az login`, or as azure-identity documents. {kept}")
    if packages.intersection(CLOUD_PACKAGES):
        return WorkspaceError(_message(error))
    return AmlGpuError(f"Unexpected {type(error).__name__}: {error}\n{kept}")


def lost_local_workspace(error: BaseException) -> bool:
    """True when a connection failed, in a process whose every request goes to the local workspace."""
    return is_redirected() and any(_names(link) & CONNECTION_ERRORS for link in _chain(error))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, what it was raised from, and so on: the SDK wraps what the network said."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _names(error: BaseException) -> set[str]:
    return {kind.__name__ for kind in type(error).__mro__}


def _message(error: Exception) -> str:
    """The part for a person: azureml's own exceptions repeat themselves, and quote the answer with its headers."""
    text = str(getattr(error, "message", None) or error)
    quoted = QUOTED_MESSAGE.search(text)
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("Headers:")]
    return (quoted[1] if quoted else "\n".join(lines))[:LONGEST_MESSAGE] or type(error).__name__


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
