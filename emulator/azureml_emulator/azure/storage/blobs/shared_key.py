"""Requests that are signed with the storage account's key.

https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import unquote

from starlette.requests import Request

from azureml_emulator.errors import Forbidden

ACCOUNT = "local"
"""The one storage account."""
SCHEME = "SharedKey "
_SIGNED = (
    *("content-encoding", "content-language", "content-length", "content-md5", "content-type", "date"),
    *("if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range"),
)
_AT_MOST_OLD = timedelta(minutes=15)


@dataclass(frozen=True)
class Signed:
    """What of a request its signature is of."""

    method: str
    path: str
    """As it was sent, with its escapes."""
    query: str
    headers: tuple[tuple[str, str], ...]
    """Names in lower case."""

    @classmethod
    def of(cls, request: Request) -> "Signed":
        path, query = (request.scope[key].decode("latin-1") for key in ("raw_path", "query_string"))
        return cls(request.method, path, query, tuple(request.headers.items()))

    def text(self) -> str:
        """The string to sign."""
        given = dict(self.headers)
        if given.get("content-length") == "0":
            del given["content-length"]
        own = sorted((name, value) for name, value in self.headers if name.startswith("x-ms-"))
        lines = [self.method, *(given.get(name, "") for name in _SIGNED), *(f"{name}:{value}" for name, value in own)]
        return "\n".join([*lines, f"/{ACCOUNT}{self.path}", *self._parameters()])

    def signature(self, key: str) -> str:
        text = self.text().encode("utf-8", "surrogatepass")
        return base64.b64encode(hmac.new(base64.b64decode(key), text, hashlib.sha256).digest()).decode()

    def sent(self) -> str:
        """When its client says that it sent it; empty where it doesn't."""
        given = dict(self.headers)
        return given.get("x-ms-date") or given.get("date") or ""

    def _parameters(self) -> list[str]:
        pairs = (pair.partition("=") for pair in self.query.split("&") if pair)
        return [f"{name}:{value}" for name, value in sorted((name.lower(), unquote(value)) for name, _, value in pairs)]


def check_shared_key(signed: Signed, authorization: str, key: str, now: datetime) -> None:
    """Raises Forbidden unless the request was signed with the account's key, in the last 15 minutes."""
    account, _, signature = authorization.removeprefix(SCHEME).partition(":")
    if account != ACCOUNT:
        raise _refused(f"the account is '{ACCOUNT}', not '{account[:80]}'")
    if not hmac.compare_digest(signature.encode("utf-8", "surrogatepass"), signed.signature(key).encode()):
        raise _refused("the signature is not that of the account's key: has the state folder been reset?")
    try:
        age = abs(now - parsedate_to_datetime(signed.sent()))
    except (TypeError, ValueError):
        raise _refused("there is no date in x-ms-date, nor in Date") from None
    if age > _AT_MOST_OLD:
        raise _refused(f"the request's date, {signed.sent()}, is more than 15 minutes away")


def _refused(reason: str) -> Forbidden:
    return Forbidden(f"SharedKey authorization refused: {reason}", code="AuthenticationFailed")
