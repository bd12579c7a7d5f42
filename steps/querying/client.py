"""Asks a scoring URI as a client would: one image or one row of JSON by POST, over kept-alive connections."""

import json
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

import requests
from pydantic import JsonValue
from requests.structures import CaseInsensitiveDict

from steps.querying.bodies import IMAGE
from workspaces.netrc import as_given

LOOPBACK = ("127.0.0.1", "localhost", "::1")
REPLICA_STATUS = "ms-azureml-model-error-statuscode"
"""Header of the 424 by which Azure ML's managed endpoints answer for whatever a replica refused.
https://learn.microsoft.com/azure/machine-learning/how-to-troubleshoot-online-endpoints#http-status-codes"""
PREDICTIONS = "predictions"
"""Key of the answers about rows, as TensorFlow Serving's."""


@dataclass(frozen=True)
class Reply:
    """What came back for one request; ``status`` is None when nothing did, and ``body`` then says why."""

    status: int | None
    latency_ms: float
    headers: CaseInsensitiveDict[str]
    body: str

    @property
    def ok(self) -> bool:
        """Whether it is a 200 with a JSON object in it."""
        return self.status == requests.codes.ok and bool(self.document)

    @property
    def document(self) -> dict[str, JsonValue]:
        """The body as a JSON object; empty when it is anything else."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def answer(self) -> JsonValue:
        """What was answered about the one image or row that was sent; of several rows the document; None: nothing."""
        return answer_of(self.document)

    @property
    def summary(self) -> str:
        """One short line: status and the first of the body."""
        return f"{self.status or 'no answer'}: {' '.join(self.body.split())[:200]}"


class ScoringClient:
    """A service's scoring URI, its key where it asks for one, and the seconds one request may take.

    with ScoringClient(uri, key, timeout=10) as client:
        replies = client.score_all(bodies, concurrency=4)
    """

    def __init__(
        self,
        uri: str,
        key: str | None,
        timeout: float,
        content_type: str = IMAGE,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """``headers`` are those of every request beside."""
        self.uri = uri
        self.content_type = content_type
        self.timeout = timeout
        self._headers = {**headers, **({"Authorization": f"Bearer {key}"} if key else {})}
        self._sessions: list[requests.Session] = []
        self._local = threading.local()

    def __enter__(self) -> "ScoringClient":
        return self

    def __exit__(self, *_: object) -> None:
        for session in self._sessions:
            session.close()

    def request(self, method: str, body: bytes | None = None) -> Reply:
        """Send one request; an answer that doesn't come is a Reply too, never an exception."""
        start = time.perf_counter()
        try:
            response = self._session().request(method, self.uri, data=body, timeout=self.timeout, allow_redirects=False)
        except requests.RequestException as error:
            return Reply(None, _since(start), CaseInsensitiveDict(), f"{type(error).__name__}: {error}")
        return Reply(_status(response), _since(start), response.headers, response.text)

    def score(self, body: bytes) -> Reply:
        """POST one body: an encoded image, or JSON."""
        return self.request("POST", body)

    def score_all(self, bodies: Sequence[bytes], concurrency: int) -> list[Reply]:
        """POST every body with ``concurrency`` requests in flight; the replies are in their order."""
        with ThreadPoolExecutor(concurrency) as pool:
            return list(pool.map(self.score, bodies))

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:  # requests.Session isn't safe to share between threads
            session = self._local.session = requests.Session()
            session.trust_env = urlsplit(self.uri).hostname not in LOOPBACK  # no proxy on the way to this machine
            session.auth = as_given
            session.headers.update({"Content-Type": self.content_type, **self._headers})
            self._sessions.append(session)
        return session


def _status(response: requests.Response) -> int:
    """What the replica answered, where a front end says so beside a status of its own."""
    told = response.headers.get(REPLICA_STATUS, "")
    return (
        int(told)
        if response.status_code == requests.codes.failed_dependency and told.isdecimal()
        else response.status_code
    )


def answer_of(document: dict[str, JsonValue]) -> JsonValue:
    """What a document says about one image or row; of several rows the document itself; None for an empty one."""
    predictions = document.get(PREDICTIONS)
    return predictions[0] if isinstance(predictions, list) and len(predictions) == 1 else document or None


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile of ``values``, which must not be empty."""
    ordered = sorted(values)
    rank = max(1, -(-len(ordered) * percent // 100))
    return ordered[int(rank) - 1]


def _since(start: float) -> float:
    return (time.perf_counter() - start) * 1000
