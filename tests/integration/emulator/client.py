"""A client of a test service, and constant load on it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from azureml.core.webservice import AksWebservice

TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Client:
    uri: str
    key: str

    @classmethod
    def of(cls, service: AksWebservice) -> Client:
        return cls(service.scoring_uri, service.get_keys()[0])

    def post(self, body: bytes = b"x", **query: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.key}"}
        return requests.post(self.uri, data=body, params=query, headers=headers, timeout=TIMEOUT_SECONDS)

    def answer(self, **query: Any) -> dict[str, Any]:
        response = self.post(**query)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def answered(self, **query: Any) -> tuple[int, str]:
        """Status and text; 0, and why, where no answer came."""
        try:
            response = self.post(**query)
        except requests.RequestException as error:
            return 0, f"{type(error).__name__}: {error}"
        return response.status_code, response.text

    def processes(self) -> set[int]:
        """Ids of the processes that answer; each of the few replicas is free at some moment."""
        return {self.answer()["pid"] for _ in range(6)} | set(self._at_once(3))

    def _at_once(self, count: int) -> list[int]:
        """Answered by as many replicas as there are, because each takes one request at a time."""
        found: list[int] = []
        threads = [threading.Thread(target=lambda: found.append(self.answer(sleep=0.2)["pid"])) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return found


@contextmanager
def constant_load(
    client: Client, clients: int = 2, pause: float = 0.02, **query: Any
) -> Iterator[list[tuple[int, str]]]:
    """Requests one after the other from some clients at once, as long as the block runs: (status, text) of each.

    Each client pauses for so many seconds before a request.
    """
    answers: list[tuple[int, str]] = []

    def ask(stop: threading.Event) -> None:
        while not stop.wait(pause):
            answers.append(client.answered(**query))

    with in_background(ask, clients):
        yield answers


@contextmanager
def in_background(work: Callable[[threading.Event], None], threads: int) -> Iterator[None]:
    """Do `work` in several threads, until the block ends, which sets the event."""
    stop = threading.Event()
    running = [threading.Thread(target=work, args=(stop,)) for _ in range(threads)]
    for thread in running:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in running:
            thread.join()
