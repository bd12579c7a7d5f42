"""Releases that are killed in the middle, under clients that go on asking."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import psutil
import requests

from tests.e2e.conftest import Machine

Victim = Literal["step", "local workspace"]
Step = Literal["deploy_service", "smoke_test"]
REQUESTS_A_SECOND = 20
LONGEST: dict[Step, float] = {"deploy_service": 6.0, "smoke_test": 2.0}
"""Seconds in which a step of the sample is killed, counted from its start."""


@dataclass
class Clients:
    """Asks the service without a pause, and keeps what went wrong and when."""

    uri: str
    key: str
    images: Sequence[tuple[bytes, int]]
    """Images with the class that every version of the model gives."""
    asked: int = 0
    wrong: list[str] = field(default_factory=list)
    failed: list[tuple[float, str]] = field(default_factory=list)
    outages: list[float] = field(default_factory=list)
    """Seconds from a request that failed to the next that didn't."""

    @contextmanager
    def asking(self) -> Iterator["Clients"]:
        stop = threading.Event()
        thread = threading.Thread(target=self._ask, args=(stop,))
        thread.start()
        try:
            yield self
        finally:
            stop.set()
            thread.join()

    def failures_outside(self, down: Sequence[tuple[float, float]]) -> list[str]:
        """Failed requests at moments when the local workspace was up."""
        return [said for moment, said in self.failed if not any(start <= moment <= end for start, end in down)]

    def _ask(self, stop: threading.Event) -> None:
        out_since: float | None = None
        while not stop.wait(1 / REQUESTS_A_SECOND):
            fault = self._fault()
            moment = time.monotonic()
            if fault is not None:
                self.failed.append((moment, fault))
                out_since = out_since or moment
            elif out_since is not None:
                self.outages.append(moment - out_since)
                out_since = None

    def _fault(self) -> str | None:
        """What was wrong with one request, None where it was answered; a wrong label is kept."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/octet-stream"}
        image, label = random.choice(self.images)  # noqa: S311
        self.asked += 1
        try:
            answer = requests.post(self.uri, data=image, headers=headers, timeout=30)
        except requests.RequestException as error:
            return type(error).__name__
        if answer.status_code != requests.codes.ok:
            return f"{answer.status_code}: {answer.text[:80]}"
        if answer.json()["class"] != label:
            self.wrong.append(answer.text[:80])
        return None


@dataclass
class Killer:
    """Kills what a release needs, at a moment of its own choice, and brings it back."""

    machine: Machine
    moments: random.Random
    down: list[tuple[float, float]] = field(default_factory=list)
    """When the local workspace was down, by time.monotonic()."""

    def interrupt(self, victim: Victim, step: Step, release_of: Sequence[str | Path]) -> str | None:
        """Start the release and kill it in ``step``; says when, None where that had ended before."""
        delay = self.moments.uniform(0, LONGEST[step])
        release = subprocess.Popen(
            [str(Path(sys.executable).with_name("amlgpu")), *map(str, release_of)],
            cwd=self.machine.folder,
            env=self.machine.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process = self._running_step(step, release)
            if process is None:
                return None
            time.sleep(delay)
            killed = self._kill(victim, process)
            release.wait()
        finally:
            with suppress(ProcessLookupError):
                release.kill()
        return f"{victim} killed {delay:.2f} s into {step}" if killed else None

    def _kill(self, victim: Victim, step: psutil.Process) -> bool:
        if not step.is_running():
            return False
        if victim == "step":
            with suppress(psutil.NoSuchProcess):
                step.kill()
            return True
        start = time.monotonic()
        os.kill(json.loads((self.machine.state / "address.json").read_text())["pid"], signal.SIGKILL)
        self.machine.succeed("local", "up")
        self.down.append((start, time.monotonic()))
        return True

    def _running_step(self, name: Step, release: "subprocess.Popen[bytes]") -> psutil.Process | None:
        """The process of the step, as soon as it runs; None when the release ended without."""
        while release.poll() is None:
            for run_id in self._running(name):
                for process in psutil.process_iter():
                    with suppress(psutil.Error):
                        if process.cwd() == str(self.machine.state / "runs" / run_id / "code"):
                            return process
            time.sleep(0.02)
        return None

    def _running(self, name: Step) -> list[str]:
        database = sqlite3.connect(f"file:{self.machine.state}/workspace.db?mode=ro", uri=True)
        with closing(database):
            rows = database.execute("SELECT body FROM documents WHERE kind = 'run'").fetchall()
        runs = [json.loads(body) for (body,) in rows]
        return [run["runId"] for run in runs if run["name"] == name and run["status"] == "Running"]
