"""Turns what the SDK, the libraries inside it and the network raise into the port's errors."""

import functools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import requests

from config.errors import AmlGpuError
from workspaces.errors import Busy, NotSignedIn, RequestError, Unreachable

Adapter = TypeVar("Adapter")

PACKAGES = ("azureml", "azure", "marshmallow", "msrest", "msrestazure", "requests", "urllib3")
SIGN_IN_ERRORS = {"AuthenticationException", "ClientAuthenticationError", "CredentialUnavailableError"}
CONNECTION_ERRORS = {
    *("ConnectionError", "NewConnectionError", "ProtocolError", "RemoteDisconnected"),  # Python's, requests', urllib3's
    *("ServiceRequestError", "ServiceResponseError"),  # azure-core's
}
CONFLICT = "Response Code: 409"  # how SDK v1 says it, in the message alone
NO_CLOUD = "Unknown cloud environment"
"""What SDK v2 says where the list of clouds that ARM_CLOUD_METADATA_URL names can't be read."""
UNAUTHORIZED = re.compile(r"^(?:Response Code|.*\. Code): 401$", re.MULTILINE)
# What the storage says, and its code at the end of a line, as the client inside the SDK writes it.
# https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes
STORAGE_REFUSALS = {
    "AuthorizationPermissionMismatch": (
        "Whoever is signed in needs the role Storage Blob Data Contributor on the workspace's storage account; a role "
        "that was given just now may take ten minutes."
    ),
    "KeyBasedAuthenticationNotPermitted": (
        "The storage account takes no keys, and the workspace has one for its datastores: az ml workspace update "
        "--system-datastores-auth-mode identity"
    ),
}
LONGEST_MESSAGE = 1500
FIELDS = re.compile(r"""^(?:\(x\)|\s+"message":) (.+?),?$""", re.MULTILINE)
"""What SDK v2 says of each field that it refuses, among advice for its command line."""
SIGNATURE = re.compile(r"(?<=[?&]sig=)[^&\s'\")]+")
"""Of an address that the workspace signed: whoever has it may read, or write, for as long as it says."""
QUOTED_MESSAGE = re.compile(r"""^(?:Content: b'|: )\{.*?"message": ?"([^"]+)\"""", re.MULTILINE)


def translates(adapter: type[Adapter]) -> type[Adapter]:
    """Class decorator: let no error leave a public method or property but the project's own, and faults of the code."""
    for name, member in vars(adapter).copy().items():
        if name.startswith("_"):
            continue
        if isinstance(member, property) and member.fget:
            setattr(adapter, name, property(_translating(member.fget)))
        elif callable(member):
            setattr(adapter, name, _translating(member))
    return adapter


@contextmanager
def translated() -> Iterator[None]:
    """The same for a block."""
    try:
        yield
    except AmlGpuError:
        raise
    except Exception as error:
        known = translate(error)
        if known is None:
            raise
        raise known from error


def translate(error: Exception) -> RequestError | None:
    """The port's error for one of the SDK or the network; None for anything else, which is a fault of the code."""
    if not _is_theirs(error):
        return None
    text = message(error)
    lost = text.startswith(NO_CLOUD) or any(_names(link) & CONNECTION_ERRORS for link in _chain(error))
    if _names(error) & SIGN_IN_ERRORS or _is_unauthorized(error):
        refused = NotSignedIn(f"{text.splitlines()[0]}\nSign in with `az login`, or as azure-identity documents.")
        refused.unanswered = lost
        return refused
    if lost:
        return Unreachable(text)
    if advice := [said for code, said in STORAGE_REFUSALS.items() if f"ErrorCode:{code}" in text]:
        text = f"{text.splitlines()[0]}\n{advice[0]}"
    return (Busy if _is_conflict(error) else RequestError)(text)


def message(error: Exception) -> str:
    """The part for a person, without what signs an address: messages are printed, and kept in logs."""
    return SIGNATURE.sub("…", _message(error))


def _message(error: Exception) -> str:
    """azureml's own exceptions repeat themselves, and quote the answer with its headers."""
    text = str(getattr(getattr(error, "error", None), "message", None) or getattr(error, "message", None) or error)
    if details := FIELDS.findall(text):
        return " ".join(details)[:LONGEST_MESSAGE]
    quoted = QUOTED_MESSAGE.search(text)
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("Headers:")]
    return (quoted[1].replace("\\'", "'") if quoted else "\n".join(lines))[:LONGEST_MESSAGE] or type(error).__name__


def message_of(answer: requests.Response) -> str:
    """What a service says of a request that it refused."""
    try:
        return str(answer.json()["error"]["message"])
    except (ValueError, LookupError, TypeError):
        return answer.text[:500]


def _translating(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(*arguments: Any, **options: Any) -> Any:
        with translated():
            return method(*arguments, **options)

    return call


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, what it was raised from, and so on: the SDK wraps what the network said."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _is_theirs(error: Exception) -> bool:
    packages = {kind.__module__.partition(".")[0] for kind in type(error).__mro__}
    # What the SDK asks of environments and snapshots fails with a plain Exception, which nothing else raises.
    return bool(packages.intersection(PACKAGES)) or isinstance(error, ConnectionError) or type(error) is Exception


def _is_unauthorized(error: Exception) -> bool:
    status = getattr(getattr(error, "response", None), "status_code", None)
    return status == requests.codes.unauthorized or UNAUTHORIZED.search(str(error)) is not None


def _is_conflict(error: Exception) -> bool:
    status: object = getattr(error, "status_code", None)
    return status == requests.codes.conflict or CONFLICT in str(getattr(error, "message", ""))


def _names(error: BaseException) -> set[str]:
    return {kind.__name__ for kind in type(error).__mro__}
