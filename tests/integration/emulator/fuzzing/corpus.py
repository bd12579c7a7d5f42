"""Valid requests, one or more for each route: requests.jsonl, a request a line.

They are what the SDK sends, made short, in an order in which each finds what it needs. A line has `do` (METHOD and path
of the route), `at` (its path's values), `query`, `headers` and one of `body` (JSON, with `file` as a file of a form),
`form` and `text`. `${name}` is what an earlier answer held: `keep` says where. The first sending skips those with
`"seed": false`, and all DELETE.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REQUESTS = Path(__file__).with_name("requests.jsonl")
_NAME = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class Case:
    do: str
    at: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    file: str = ""
    """The name under which the body is sent as a file of a form."""
    form: Mapping[str, str] | None = None
    text: str | None = None
    keep: Mapping[str, str] = field(default_factory=dict)
    seed: bool | None = None
    may_fail: bool = False
    """Whether the workspace may refuse it as it is."""
    open: bool = False
    """Whether it is sent without a bearer token."""
    sas: str = ""
    """The container that it is signed for."""

    @property
    def method(self) -> str:
        return self.do.partition(" ")[0]

    @property
    def route(self) -> str:
        return self.do.partition(" ")[2]

    @property
    def is_sent_first(self) -> bool:
        return self.method != "DELETE" if self.seed is None else self.seed


def load() -> list[Case]:
    return [Case(**json.loads(line)) for line in REQUESTS.read_text().splitlines()]


def filled(value: Any, names: Mapping[str, str]) -> Any:
    """With what stands behind the names, at any depth."""
    if isinstance(value, str):
        return _NAME.sub(lambda match: names[match[1]], value)
    if isinstance(value, Mapping):
        return {key: filled(one, names) for key, one in value.items()}
    return [filled(one, names) for one in value] if isinstance(value, list) else value
