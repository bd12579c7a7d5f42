"""Which headers and parameters each operation of the blob service honours: what else has a meaning is refused."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from azureml_emulator.azure.storage.blobs.address import Address
from azureml_emulator.errors import BadRequest, NotSupported

METADATA = "x-ms-meta-"
_HARMLESS = frozenset(
    {"x-ms-version", "x-ms-date", "x-ms-useragent", "x-ms-user-agent"}
    | {"x-ms-client-request-id", "x-ms-return-client-request-id", "x-ms-client-session-id"}
    | {"x-ms-request-id", "x-ms-correlation-request-id"}
)
"""Who asks, when, and in which version of the protocol: answers are the same in all of them."""

_MEANING = frozenset(
    {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range", "range"}
    | {"content-range", "content-md5", "content-sha256", "content-encoding", "content-language", "content-disposition"}
    | {"x-http-method-override"}
)
"""Headers of HTTP itself that change what a request does. Each header of the service's own, x-ms-…, counts as one."""

_SIGNATURE = frozenset({"sv", "se", "sp", "sig", "sr", "st", "spr"})
"""https://learn.microsoft.com/rest/api/storageservices/create-service-sas"""


@dataclass(frozen=True)
class Operation:
    answer: Callable[[Request, Address], Awaitable[Response]]
    headers: frozenset[str] = frozenset()
    query: frozenset[str] = frozenset()
    metadata: bool = False
    """Whether `x-ms-meta-…` is kept."""

    def check(self, request: Request) -> None:
        """Raises NotSupported, which names the first thing that would be left undone."""
        if unknown := self._unknown_headers(request.headers) + self._unknown_parameters(request.query_params):
            raise NotSupported(f"the {unknown[0]} of a request {request.method} for a blob or a container")
        counts = Counter(key for key, _ in request.query_params.multi_items())
        if twice := [key for key, count in counts.items() if count > 1]:
            raise BadRequest(f"the parameter '{twice[0]}' is given twice", code="InvalidQueryParameterValue")

    def _unknown_headers(self, names: Iterable[str]) -> list[str]:
        meant = [name for name in names if (name.startswith("x-ms-") or name in _MEANING) and name not in _HARMLESS]
        kept = METADATA if self.metadata else "\0"
        return [f"header {name}" for name in meant if name not in self.headers and not name.startswith(kept)]

    def _unknown_parameters(self, query: Mapping[str, str]) -> list[str]:
        known = self.query | _SIGNATURE | {"timeout", "comp", "restype"}
        return [f"parameter {name}={value}" for name, value in query.items() if name not in known]
