"""Turn whatever stopped a verb into one message and one exit code."""

import re
import traceback

from config.errors import AmlGpuError, WorkspaceError
from pipelines.local import state_folder

# By name, because importing these packages takes a second that `amlgpu --help` hasn't got.
CLOUD_PACKAGES = ("azureml", "azure", "msrest", "msrestazure", "requests", "urllib3")
SIGN_IN_ERRORS = ("AuthenticationException", "ClientAuthenticationError", "CredentialUnavailableError")
LONGEST_MESSAGE = 1500
QUOTED_MESSAGE = re.compile(r"""^Content: b'\{.*?"message": ?"([^"]+)\"""", re.MULTILINE)


def as_known_error(error: Exception) -> AmlGpuError:
    """The error itself if it is ours, what the SDK or the network said as a WorkspaceError, else a bug of ours."""
    if isinstance(error, AmlGpuError):
        return error
    kept = _keep_traceback(error)
    names = {kind.__name__ for kind in type(error).__mro__}
    packages = {kind.__module__.partition(".")[0] for kind in type(error).__mro__}
    if names.intersection(SIGN_IN_ERRORS):
        first = _message(error).splitlines()[0]
        return WorkspaceError(
            f"{first}\nSign in with `az login`, or as azure-identity documents. What was tried: {kept}"
        )
    if packages.intersection(CLOUD_PACKAGES):
        return WorkspaceError(_message(error))
    return AmlGpuError(f"Unexpected {type(error).__name__}: {error}\nThe traceback is in {kept}.")


def _message(error: Exception) -> str:
    """The part for a person: azureml's own exceptions repeat themselves, and quote the answer with its headers."""
    text = str(getattr(error, "message", None) or error)
    quoted = QUOTED_MESSAGE.search(text)
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("Headers:")]
    return (quoted[1] if quoted else "\n".join(lines))[:LONGEST_MESSAGE] or type(error).__name__


def _keep_traceback(error: Exception) -> str:
    folder = state_folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "last-error.txt"
    path.write_text("".join(traceback.format_exception(error)))
    return str(path)
