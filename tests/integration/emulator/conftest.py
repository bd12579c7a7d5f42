"""What only the tests of the emulator need: which operations each drives, faults, and requests past the SDK."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import requests

from azureml_emulator.command import verbs
from tests.integration.emulator.coverage.driven import DIRECT_AGENT, Drives, RequestLog, assign, undriven
from tests.integration.emulator.coverage.page import TESTS
from tests.integration.emulator.waiting import Emulator, Fault

_CASES = pytest.StashKey[dict[str, list[Drives]]]()
_PASSED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record-coverage", action="store_true", help=f"name a test for each operation in {TESTS.name}")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_CASES] = {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[_PASSED] = report.passed
    return report


@pytest.fixture(autouse=True)
def _coverage(local_workspace_folder: Path, request: pytest.FixtureRequest) -> Iterator[None]:
    """Notes which operations a test drives; fails one that doesn't drive what the coverage page names it for."""
    log = RequestLog(local_workspace_folder)
    yield
    if not request.node.stash.get(_PASSED, False):
        return
    test, drives = request.node.nodeid.partition("[")[0], Drives.of(log.new_lines())
    request.config.stash[_CASES].setdefault(test, []).append(drives)
    if not request.config.getoption("--record-coverage", default=False):
        missed = undriven(test, drives, json.loads(TESTS.read_text()))
        assert not missed, f"{TESTS.name} names this test for {missed}, which it doesn't drive; run: make coverage"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Worker processes of pytest-xdist hand what they saw to the one that started them, which writes it down."""
    config = session.config
    if not config.getoption("--record-coverage", default=False):
        return
    cases = config.stash[_CASES]
    if hasattr(config, "workeroutput"):
        plain = {test: [tuple(map(dict, drives)) for drives in one] for test, one in cases.items()}
        config.workeroutput["cases"] = plain
    else:
        TESTS.write_text(json.dumps(assign(cases, json.loads(TESTS.read_text())), indent=1) + "\n")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    for test, cases in getattr(node, "workeroutput", {}).get("cases", {}).items():
        node.config.stash[_CASES][test] = [Drives(*map(Counter, drives)) for drives in cases]


@pytest.fixture(scope="session")
def bearer(emulator: Emulator) -> dict[str, str]:
    """The header of a client that is signed in."""
    identity, agent = emulator.environment["MSI_ENDPOINT"], {"User-Agent": DIRECT_AGENT}
    resource = {"resource": emulator.address["tls"]}
    token = requests.post(identity, resource, headers=agent, timeout=10).json()["access_token"]
    return {"Authorization": f"Bearer {token}", "User-Agent": DIRECT_AGENT}


@pytest.fixture
def rest(emulator: Emulator, bearer: dict[str, str]) -> Callable[..., requests.Response]:
    """Requests that the SDK doesn't make: `rest("GET", "/modelmanagement/v1.0", "/models")`, signed in."""

    def send(method: str, service: str, path: str, *, timeout: float = 30, **options: Any) -> requests.Response:
        url = f"{emulator.http}{service}{emulator.scope}{path}"
        return requests.request(method, url, headers=bearer, timeout=timeout, **options)

    return send


@pytest.fixture
def fault(emulator: Emulator) -> Iterator[Fault]:
    """The command `fault`, in this process; what it asked for is cleared at the end."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        words = ["fault", "--state", str(emulator.folder), *arguments]
        with redirect_stdout(StringIO()) as output, redirect_stderr(StringIO()) as errors:
            try:
                verbs.main(words)
            except SystemExit as ended:
                return subprocess.CompletedProcess(words, int(ended.code or 0), output.getvalue(), errors.getvalue())
        raise AssertionError("a command ends with an exit code")

    yield run
    assert run("--clear").returncode == 0
