"""Which operations each test drives, as the request log of the shared local workspace shows it.

`make coverage` (`--record-coverage`) names one test for each operation in coverage.json. Every other run checks that a
test which is named there, and passed, drove what it is named for.
"""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, reduce
from pathlib import Path
from typing import Any, NamedTuple

import requests

from azureml_emulator.errors import NotSupported
from azureml_emulator.server.middleware.requestlog import FILE
from azureml_emulator.state.disk.files import ADDRESS
from tests.integration.emulator.coverage.page import ROOT, Operation, find_operation, operations

DIRECT_AGENT = "a-test-itself"
"""User agent of requests that a test makes past the SDK; the emulator's own command line has none."""

ONCE = ("GET /content/v1.0/snapshots/latest/metadata", "POST /pipelines/v1.0/DataTypes")
"""What the SDK asks for once in a process, whichever test comes first."""

Named = dict[str, dict[str, str]]
"""`{"sdk": {OPERATION: TEST}, "direct": {OPERATION: TEST}}`; a test is `FILE::FUNCTION`, whatever its parameters."""


class Drives(NamedTuple):
    """How often one case of a test drove which operations."""

    sdk: Counter[str]
    direct: Counter[str]

    @classmethod
    def of(cls, lines: Iterable[Mapping[str, Any]]) -> Drives:
        """From lines of the request log. A request that was refused drove nothing, save where that is the operation."""
        drives = cls(Counter(), Counter())
        for line in lines:
            operation = find_operation(line["method"], line["path"])
            if operation is not None and _is_driven(operation, line):
                client = drives.direct if line["user_agent"] in (DIRECT_AGENT, "") else drives.sdk
                client[str(operation)] += 1
        return drives


def _is_driven(operation: Operation, line: Mapping[str, Any]) -> bool:
    """405 comes of a deployed service only: of its router, or as its own answer to what was passed on."""
    if operation.refusal:
        return bool(line["error"] == NotSupported.code)
    return bool(line["status"] < 400 or line["status"] == 405)


Cases = Mapping[str, Sequence[Drives]]
"""What the cases of each test drove: one, or one for each of its parameters."""


class RequestLog:
    """The lines that come after it was opened."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._position = self._size()

    def new_lines(self) -> list[dict[str, Any]]:
        """Those of all requests that were answered by now."""
        if not self._file.exists():
            return []
        address = json.loads(self._file.with_name(ADDRESS).read_text())
        requests.get(address["http"], timeout=30)  # comes after their lines; it is no operation, and refused
        content = b""
        if self._size() < self._position:  # it was begun anew: the rest of the old one first
            content, self._position = self._file.with_name(FILE + ".1").read_bytes()[self._position :], 0
        with self._file.open("rb") as file:
            file.seek(self._position)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]  # of a last one, the rest may not be written yet
        self._position += len(whole)
        return [json.loads(line) for line in (content + whole).splitlines()]

    def _size(self) -> int:
        return self._file.stat().st_size if self._file.exists() else 0


def assign(cases: Cases, named: Named) -> Named:
    """One test an operation: the present one as long as it drives it, else the one that asks for it most, in the file
    of its service if there is one.

    A test counts where each of its cases drives the operation: each can then be checked alone.
    """
    driven = {test: _in_each(drives) for test, drives in cases.items()}
    assigned: Named = {"sdk": {}, "direct": {}}
    for operation in operations():
        for client, tests in assigned.items():
            counts = {test: getattr(drives, client)[str(operation)] for test, drives in driven.items()}
            test = _choose(counts, operation.service, named[client].get(str(operation)))
            if test is not None:
                tests[str(operation)] = test
                break
    return assigned


def _in_each(drives: Sequence[Drives]) -> Drives:
    return reduce(lambda one, other: Drives(one.sdk & other.sdk, one.direct & other.direct), drives)


def _choose(counts: Mapping[str, int], service: str, present: str | None) -> str | None:
    """`counts` has the tests that ran; one that didn't is taken at its word as long as it exists."""
    if present is not None and (counts[present] if present in counts else exists(present)):
        return present
    drive = [test for test, count in counts.items() if count]
    return max(drive, key=lambda test: (f"/test_{service}.py" in test, counts[test], test), default=None)


def undriven(test: str, drives: Drives, named: Named) -> list[str]:
    """The operations that a test is named for but didn't drive."""
    by_sdk = [
        operation
        for operation, name in named["sdk"].items()
        if name == test and not drives.sdk[operation] and operation not in ONCE
    ]
    anyhow = [operation for operation, name in named["direct"].items() if name == test]
    return by_sdk + [operation for operation in anyhow if not drives.direct[operation] + drives.sdk[operation]]


@cache
def exists(test: str) -> bool:
    file, _, function = test.partition("::")
    return function in _functions(ROOT / file)


@cache
def _functions(file: Path) -> frozenset[str]:
    body = ast.parse(file.read_text()).body if file.exists() else []
    return frozenset(node.name for node in body if isinstance(node, ast.FunctionDef))
