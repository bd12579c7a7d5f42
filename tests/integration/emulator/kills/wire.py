"""Signed-in requests to the workspace that is killed, and the blow that one of them may draw."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import requests

from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION
from tests.integration.emulator.kills.ledger import Fact

SCOPE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}"
    f"/providers/Microsoft.MachineLearningServices/workspaces/{NAME}"
)


class Blow:
    """Kills at the n-th write from now: some seconds after it was sent, or after it was answered."""

    def __init__(self, kill: Callable[[], None]) -> None:
        self._kill = kill
        self._lock = threading.Lock()
        self._left = 0
        self._seconds = 0.0
        self._when_answered = False
        self.fell = threading.Event()

    def arm(self, writes: int, seconds: float, *, answered: bool) -> None:
        with self._lock:
            self._left, self._seconds, self._when_answered = writes, seconds, answered
            self.fell.clear()

    def disarm(self) -> None:
        with self._lock:
            self._left = 0

    def write_sent(self) -> None:
        if not self._when_answered and self._is_the_one():
            threading.Thread(target=self._fall).start()

    def write_answered(self) -> None:
        if self._when_answered and self._is_the_one():
            self._fall()

    def _is_the_one(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left == 0

    def _fall(self) -> None:
        end = time.perf_counter() + self._seconds
        while time.perf_counter() < end:  # a sleep is never as short as some of these
            pass
        self._kill()
        self.fell.set()


class Wire:
    """One client's connection; a new life needs a new one."""

    def __init__(self, http: str, token: str, blow: Blow) -> None:
        self._http = http
        self._blow = blow
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"

    def write(self, method: str, path: str, **options: Any) -> requests.Response:
        """Raises requests.ConnectionError when the workspace was killed meanwhile."""
        self._blow.write_sent()
        response = self.send(method, path, **options)
        self._blow.write_answered()
        return response

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        return self._session.request(method, self._http + path, timeout=60, **options)

    def read(self, fact: Fact) -> requests.Response:
        return self.send(fact.method, fact.path, json=fact.body)


def scoped(service: str, path: str) -> str:
    """`/history/v1.0/subscriptions/…/runs/r`: the path below a service, for this workspace."""
    return f"{service}{SCOPE}{path}"
