"""A filled workspace of its own, and a real browser that is signed in to its page."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from azureml_emulator.command import daemon
from azureml_emulator.state.disk.files import LOG

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ConsoleMessage, Page

ROOT = Path(__file__).parents[2]
FLAGS = [
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
COMMANDS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Filled:
    """Where everything is in the workspace."""

    state: Path
    http: str
    pipeline: str
    endpoint: str
    chain: str
    logged: str

    @property
    def base(self) -> str:
        return f"{self.http}/studio"

    def address(self) -> str:
        """Opens the page once."""
        command = [sys.executable, "-m", "azureml_emulator", "studio", "--state", str(self.state)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Asked for before anything else: without a browser, nothing needs to be started."""
    pytest.importorskip("playwright", reason="needs the package playwright, of the extra `dev`")
    command = next(filter(None, map(shutil.which, COMMANDS)), None)
    if command is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    return command


@pytest.fixture(scope="session")
def filled(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    folder = tmp_path_factory.mktemp("browser")
    state = folder / "state"
    address = daemon.start(state, outlives_us=False)
    try:
        environment = os.environ | address["environment"] | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
        command = [sys.executable, str(Path(__file__).with_name("contents.py")), str(folder)]
        ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        yield Filled(state=state, http=address["http"], **json.loads(ended.stdout.splitlines()[-1]))
    finally:
        daemon.stop(state)
    assert "Traceback" not in (log := (state / LOG).read_text()), log


@pytest.fixture(scope="module")
def context(chromium: str, filled: Filled, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """Closed with the module: as long as Playwright is there, no other test can run an event loop in this thread."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)  # steps are processes, and other tests run beside these
    with sync_playwright() as driver:
        context = driver.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"),
            executable_path=chromium,
            headless=False,  # the flags say so, in the form that has no window at all
            args=FLAGS,
            viewport={"width": 1200, "height": 900},
        )
        yield context
        context.close()


@pytest.fixture
def page(context: BrowserContext, filled: Filled) -> Iterator[Page]:
    """Signed in, at the overview. What the browser complains about, script or policy, fails the test."""
    page = context.new_page()
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(filled.address())
    yield page
    page.close()
    # Answers that are meant to be an error are shown as pages, and told on the console all the same.
    assert [error for error in errors if not error.startswith("Failed to load resource")] == []
