"""Releases that are killed in the middle, under clients that go on asking."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any, Literal

import psutil
import requests

from pipelines.sample_model import Sample
from steps.querying.queries import MODEL_HEADER
from tests.e2e.conftest import TIMEOUT_SECONDS, Machine
from tests.e2e.support import candidates
from tests.e2e.support.answers import labels
from tests.e2e.support.environments import audited
from tests.integration.emulator.client import in_background

Victim = Literal["step", "local workspace"]
Step = Literal["register_model", "validate_model", "deploy_service", "smoke_test"]
PAUSE_SECONDS = 1 / 20
CASES: tuple[tuple[Victim, Step], ...] = (
    ("step", "deploy_service"),
    ("local workspace", "smoke_test"),
    ("local workspace", "deploy_service"),
    ("step", "smoke_test"),
)
EARLY: tuple[tuple[Victim, Step], ...] = (
    ("step", "register_model"),
    ("local workspace", "validate_model"),
    ("local workspace", "register_model"),
    ("step", "validate_model"),
)
LONGEST: dict[Step, float] = {"register_model": 6.0, "validate_model": 10.0, "deploy_service": 6.0, "smoke_test": 2.0}
"""Seconds in which a step of the sample is killed, counted from its start."""


@dataclass(frozen=True)
class Kills:
    """How many releases are killed, and how."""

    number: int
    seed: int
    strategies: Sequence[str] = ("in_place", "staged")
    cases: Sequence[tuple[Victim, Step]] = CASES


@dataclass
class Clients:
    """Ask the service all the time, and keep what went wrong and when."""

    uri: str
    key: str
    images: Sequence[tuple[bytes, int]]
    """Images with the class that every version of the model gives."""
    pause: float = PAUSE_SECONDS
    """Seconds of each client before a request."""
    models: list[str] = field(default_factory=list)
    """That answered, one a request."""
    wrong: list[str] = field(default_factory=list)
    failed: list[tuple[float, str]] = field(default_factory=list)
    outages: list[float] = field(default_factory=list)
    """Seconds from a request that failed to the next that didn't."""

    @property
    def asked(self) -> int:
        return len(self.models) + len(self.failed)

    @contextmanager
    def asking(self, clients: int = 1) -> Iterator["Clients"]:
        with in_background(self._ask, clients):
            yield self

    def failures_outside(self, down: Sequence[tuple[float, float]]) -> list[str]:
        """Failed requests at moments when the local workspace was up."""
        return [said for moment, said in self.failed if not any(start <= moment <= end for start, end in down)]

    def _ask(self, stop: threading.Event) -> None:
        out_since: float | None = None
        while not stop.wait(self.pause):
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
        try:
            answer = requests.post(self.uri, data=image, headers=headers, timeout=30)
        except requests.RequestException as error:
            return type(error).__name__
        if answer.status_code != requests.codes.ok:
            return f"{answer.status_code}: {answer.text[:80]}"
        self.models.append(answer.headers.get(MODEL_HEADER, ""))
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
            [str(audited() / "amlgpu"), *map(str, release_of)],
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
            release.wait(TIMEOUT_SECONDS)
        finally:
            release.kill()
            release.wait()
        return f"{victim} killed {delay:.2f} s into {step}" if killed else None

    def _kill(self, victim: Victim, step: psutil.Process) -> bool:
        """Whether the step was going until then."""
        if not step.is_running():
            return False
        if victim == "step":
            with suppress(psutil.NoSuchProcess):
                step.kill()
                return True
            return False
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
            time.sleep(0.1)  # looking through all processes takes a good part of a core
        return None

    def _running(self, name: Step) -> list[str]:
        database = sqlite3.connect(f"file:{self.machine.state}/workspace.db?mode=ro", uri=True)
        with closing(database):
            rows = database.execute("SELECT body FROM documents WHERE kind = 'run'").fetchall()
        runs = [json.loads(body) for (body,) in rows]
        return [run["runId"] for run in runs if run["name"] == name and run["status"] == "Running"]


def kill_and_go_on(machine: Machine, release: dict[str, Any], sample: Sample, tmp_path: Path, kills: Kills) -> None:
    """Kill releases of two models in turn, every case as often, and finish each by running again."""
    print(f"\n{kills.number} kills, seed {kills.seed}")
    models = [candidates.write(sample.model, tmp_path / "other" / "model", candidates.equal), sample.model]
    moments = random.Random(kills.seed)  # noqa: S311
    killer = Killer(machine, moments)
    killed: Counter[tuple[Victim, Step]] = Counter()
    with clients_of(machine, release, sample).asking() as clients:
        for model in cycle(models):
            if killed.total() == kills.number:
                break
            case = kills.cases[(killed.total() + kills.seed) % len(kills.cases)]
            strategy = ("--set", f"service.strategy={moments.choice(kills.strategies)}")
            arguments = ("run", "--model", model, "--validation-data", sample.validation, "--sample-count", "100")
            moment = killer.interrupt(*case, (*arguments, *strategy))
            if moment is None:
                continue  # it was released: the other model is next, since this one would leave nothing to do
            killed[case] += 1
            report = machine.json(*arguments, *strategy)
            action = report["deployment"]["action"]
            print(f"{killed.total()}: {strategy[1]}: {moment}; run again: {action}", flush=True)
            service = machine.json("status")["service"]
            assert service["models"] == [f"digits:{report['candidate']['model_version']}"]
            assert service["state"] == "Healthy"
            assert machine.json("plan", "--model", model, *strategy)["changes"] is False
    for (victim, step), count in killed.items():
        print(f"{victim} killed in {step}: {count}")
    down = ", ".join(f"{end - start:.1f}" for start, end in killer.down)
    print(f"{clients.asked} requests, {len(clients.failed)} failed; local workspace down for {down} s")
    print(f"outages: {', '.join(f'{seconds:.1f}' for seconds in clients.outages)} s")
    assert clients.wrong == []
    assert clients.failures_outside(killer.down) == []


def clients_of(machine: Machine, release: dict[str, Any], sample: Sample, pause: float = PAUSE_SECONDS) -> Clients:
    """Who ask the service with the sample's images that its first release answered rightly."""
    known = {answer["file"]: answer["predicted"] for answer in release["verdict"]["answers"]}
    right = [name for name, label in labels(sample.validation).items() if known[name] == label][:50]
    images = [((sample.validation / name).read_bytes(), known[name]) for name in right]
    return Clients(release["deployment"]["scoring_uri"], machine.succeed("key").strip(), images, pause)
