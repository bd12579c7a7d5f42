"""What was written: each write is noted before it is sent, and again the moment it was answered."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import requests

Read = Callable[["Fact"], requests.Response]


@dataclass(frozen=True)
class Fact:
    """What one read answers after one write: a status, the very bytes, or JSON with at least these values."""

    name: str
    """Of what is written; a later write of the same name takes the place of the earlier."""
    method: str
    path: str
    expected: Any
    body: Any = None
    """JSON to send with the read."""
    lives: int | None = None
    """How many lives from its write on the read can be asked, for an address that expires."""

    def problem(self, response: requests.Response) -> str | None:
        if isinstance(self.expected, int):
            wrong = response.status_code != self.expected
        elif response.status_code != 200:
            wrong = True
        elif isinstance(self.expected, (bytes, str)):
            wrong = response.content != (self.expected.encode() if isinstance(self.expected, str) else self.expected)
        else:
            wrong = not _holds(response.json(), self.expected)
        return f"{self.name}: {response.status_code} {response.text[:300]} for {self}"[:1500] if wrong else None


@dataclass
class _Entry:
    answered: Fact | None = None
    attempted: list[Fact] = field(default_factory=list)
    """Since the last that was answered: each may have been done or not."""
    life: int = 0

    def can_be_read(self, life: int) -> bool:
        if self.answered is None:
            return False
        return self.answered.lives is None or life - self.life < self.answered.lives


class Ledger:
    """Used by several writers at once."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.Lock()
        self.answered = 0
        self.life = 0

    def attempt(self, fact: Fact) -> None:
        with self._lock:
            self._entries.setdefault(fact.name, _Entry()).attempted.append(fact)

    def answer(self, fact: Fact) -> None:
        with self._lock:
            self._entries[fact.name] = _Entry(fact, life=self.life)
            self.answered += 1

    def lost(self, read: Read, chance: random.Random, sample: int | None) -> list[str]:
        """What doesn't read back: of all of the last two lives and a sample of the earlier ones, or of everything."""
        with self._lock:
            known = [entry for entry in self._entries.values() if entry.can_be_read(self.life)]
        new = [entry for entry in known if entry.life >= self.life - 1]
        old = [entry for entry in known if entry.life < self.life - 1]
        chosen = [*new, *(old if sample is None or len(old) <= sample else chance.sample(old, sample))]
        return [problem for entry in chosen if (problem := _problem(read, entry))]


def _problem(read: Read, entry: _Entry) -> str | None:
    """None when the last answered write reads back, or one that was sent after it and not answered."""
    assert entry.answered is not None
    problems = (fact.problem(read(fact)) for fact in _newest_first(entry))
    last: str | None = None
    for problem in problems:
        if problem is None:
            return None
        last = problem
    return last


def _newest_first(entry: _Entry) -> Iterable[Fact]:
    assert entry.answered is not None
    return [*reversed(entry.attempted), entry.answered]


def _holds(actual: Any, expected: Any) -> bool:
    """Whether all that is expected is there, at any depth; a list may hold more."""
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(
            key in actual and _holds(actual[key], value) for key, value in expected.items()
        )
    if isinstance(expected, list):
        return isinstance(actual, list) and all(any(_holds(one, wanted) for one in actual) for wanted in expected)
    return bool(actual == expected)


def fact_of(line: str) -> Fact:
    """A fact that the SDK program printed."""
    return Fact(**json.loads(line))
