"""One fault: what happens to which requests, and what may be asked for."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import takewhile

from starlette.routing import Route, compile_path

from azureml_emulator.errors import COVERAGE_PAGE, BadRequest
from azureml_emulator.server.middleware.scope import local_path
from azureml_emulator.wire import Document

MAX_SECONDS = 600.0
_LAG_STATUSES = (404, 502, 503, 504)
_LAG_STATUS = 502
_DEPLOYMENTS = re.compile(
    r"POST /modelmanagement/v1\.0/services|PATCH /modelmanagement/v1\.0/services/[^/]+"
    r"|PUT /arm/onlineEndpoints/[^/]+/deployments/[^/]+"
)


@dataclass
class Fault:
    """What happens to the requests for one operation."""

    method: str
    path: str
    """As on the coverage page, `/modelmanagement/v1.0/services/{service}`, or with names in the place of braces."""

    status: int | None
    """The answer, in place of what was asked for; None: it is done after all, late."""

    seconds: float
    """By which every answer is late."""

    times: int | None
    """Requests that it is still for, 1 or more; None: all until it is cleared."""

    fail_later: str | None = None
    """The reason for which what was accepted turns out Failed."""

    routing_lag: float = 0.0
    """Seconds in which the router answers `status` to scoring requests, after what was accepted is Healthy."""

    others: tuple[re.Pattern[str], ...] = ()
    """Paths that look like this one and are of other operations, as `…/getblob` is to `…/{snapshot}`."""

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return compile_path(self.path)[0]

    def concerns(self, method: str, path: str) -> bool:
        if method != self.method or self._pattern.match(path) is None:
            return False
        return not any(other.match(path) for other in self.others)

    def document(self) -> Document:
        shown = asdict(self)
        del shown["others"]
        return {"operation": f"{shown.pop('method')} {shown.pop('path')}", **shown}


def new_fault(document: Document, routes: Sequence[Route]) -> Fault:
    """Raises BadRequest for an operation that `routes` lack, and for values that mean nothing.

    A path that names the workspace, as the request log has it, is the same without.
    """
    method, path = _operation(str(document.get("operation", "")), routes)
    later, lag = _fail_later(document, method, path), _routing_lag(document, method, path)
    others = _others(method, path, routes)
    status = _lag_status(document) if lag else _status(document)
    fault = Fault(method, path, status, _seconds(document), _times(document), later, lag, others)
    if fault.status is None and not fault.seconds and later is None:
        raise BadRequest(
            "a fault needs a status to answer with, seconds to stall for, a reason to fail later, or a routing lag"
        )
    return fault


def _fail_later(document: Document, method: str, path: str) -> str | None:
    reason = document.get("fail_later")
    if reason is None:
        return None
    if not isinstance(reason, str) or not reason:
        raise BadRequest(f"the reason to fail later is a text, not {reason!r}")
    if document.get("status") is not None:
        raise BadRequest("what is refused with a status has not begun: it cannot fail later, too")
    _check_deployment("can fail later", method, path)
    return reason


def _routing_lag(document: Document, method: str, path: str) -> float:
    """0 for none."""
    seconds = _seconds(document, "routing_lag")
    if not seconds:
        return 0.0
    if document.get("seconds") or document.get("fail_later") is not None:
        raise BadRequest("a routing lag follows a deployment that went well: it neither stalls nor fails later")
    _check_deployment("is routed late", method, path)
    return seconds


def _lag_status(document: Document) -> int:
    status = document.get("status")
    if status is not None and status not in _LAG_STATUSES:
        raise BadRequest(f"in a routing lag the router answers 404, 502, 503 or 504, not {status!r}")
    return int(status or _LAG_STATUS)


def _check_deployment(what: str, method: str, path: str) -> None:
    if not _DEPLOYMENTS.fullmatch(f"{method} {path}"):
        raise BadRequest(
            f"only a deployment or its update {what}: POST …/services, PATCH …/services/{{service}} and "
            "PUT …/onlineEndpoints/{endpoint}/deployments/{deployment}"
        )


def _operation(text: str, routes: Sequence[Route]) -> tuple[str, str]:
    method, _, path = text.strip().partition(" ")
    method, path = method.upper(), local_path(path.strip())
    known = [route for route in routes if method in (route.methods or ())]
    if any(path == route.path or ("{" not in path and route.path_regex.match(path)) for route in known):
        return method, path
    operations = [f"{verb} {route.path}" for route in routes for verb in route.methods or ()]
    nearest = difflib.get_close_matches(text, operations, n=1, cutoff=0.5)
    hint = f"; did you mean '{nearest[0]}'?" if nearest else ""
    raise BadRequest(f"the local workspace has no operation '{text}' ({COVERAGE_PAGE} lists them){hint}")


def _others(method: str, path: str, routes: Sequence[Route]) -> tuple[re.Pattern[str], ...]:
    """Of the routes that are asked before the one with this path."""
    of_method = [route for route in routes if method in (route.methods or ())]
    before = takewhile(lambda route: route.path != path, of_method)
    return tuple(route.path_regex for route in before) if "{" in path else ()


def _status(document: Document) -> int | None:
    status = document.get("status")
    if status is not None and not (isinstance(status, int) and 400 <= status <= 599):
        raise BadRequest(f"a fault's status is a number from 400 to 599, not {status!r}")
    return status


def _seconds(document: Document, key: str = "seconds") -> float:
    seconds = document.get(key, 0.0)
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds <= MAX_SECONDS:
        raise BadRequest(f"a fault stalls, or lags, for 0 to {MAX_SECONDS:g} seconds, not {seconds!r}")
    return float(seconds)


def _times(document: Document) -> int | None:
    times = document.get("times", 1)
    if times is not None and not (isinstance(times, int) and times > 0):
        raise BadRequest(f"a fault is for a whole number of requests above 0, or for all (null), not {times!r}")
    return times
