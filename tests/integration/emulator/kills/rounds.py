"""Kill, start again, look at everything; again and again."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import requests

from tests.integration.emulator.client import in_background
from tests.integration.emulator.kills import arm, program
from tests.integration.emulator.kills.ledger import Fact, Ledger
from tests.integration.emulator.kills.lives import ORPHAN_SECONDS, ROOT, Lives
from tests.integration.emulator.kills.online import Online
from tests.integration.emulator.kills.wire import Blow, Wire, scoped
from tests.integration.emulator.kills.writer import Writer, submit
from tests.integration.emulator.waiting import until

_LONGEST_LIFE_SECONDS = 30.0
_SAMPLE = 200
_DETAILS = ["pid", "ppid", "status", "cmdline"]
_ENDED = {"Finished": "Completed", "Failed": "Failed", "Canceled": "Canceled"}
_INTERRUPTED = "the local workspace was stopped while"


class Rounds:
    """The workspace that is killed, its clients, and what they know of it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.lives = Lives(folder)
        self.ledger = Ledger()
        self.kills: Counter[str] = Counter()
        self.online = Online()
        self._chance = random.Random(seed)  # noqa: S311
        self._blow = Blow(self.lives.kill)
        self._program: subprocess.Popen[str] | None = None
        self._setup: dict[str, Any] = {}
        self._ready = threading.Event()
        self._serving = "first"
        self._updates: list[str] = []
        self._runs: list[str] = []
        self._canceled: list[str] = []
        self._jobs: list[str] = []
        self._hours = [0, 0]  # answered, asked for
        self._longest_end = 0.0

    def begin(self) -> None:
        self.lives.begin()
        address = self.lives.ready()
        self._http, variables = address["http"], address["environment"]
        resource = {"resource": address["tls"]}
        self._token = requests.post(variables["MSI_ENDPOINT"], resource, timeout=10).json()["access_token"]
        command = [sys.executable, "-W", "ignore", str(Path(program.__file__)), str(self.lives.folder)]
        environment = self.lives.environment | variables | {"AZUREML_DEFAULT_BACKOFF": "1", "PYTHONPATH": str(ROOT)}
        environment["TMPDIR"] = environment["HOME"]  # the SDK leaves the archives of services that it deploys
        with (self.lives.folder / "program.log").open("wb") as log:
            self._program = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )
        threading.Thread(target=self._listen, daemon=True).start()
        log_file = self.lives.folder / "program.log"
        until(self._is_set_up, f"the SDK program to set the workspace up; its log: {log_file}", 120)
        arm.set_up(self._wire())
        self.online.set_up(self._wire())

    def _is_set_up(self) -> bool:
        assert self._program is not None
        assert self._program.poll() is None, (self.lives.folder / "program.log").read_text()
        return self._ready.is_set()

    def _listen(self) -> None:
        assert self._program is not None
        assert self._program.stdout is not None
        for line in self._program.stdout:
            said = json.loads(line)
            if "fact" in said:
                fact = Fact(**said["fact"])
                self.ledger.attempt(fact)
                self.ledger.answer(fact)
            elif "update" in said:
                self._updates.append(said["update"])
            else:
                self._setup = said["setup"]
                self._ready.set()

    def end(self) -> None:
        if self._program is not None:
            self._program.communicate()
        self.lives.end()

    def summary(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.kills.items()))
        done = f"{self.ledger.answered} answered writes, {len(self._runs)} runs, {len(self._jobs)} jobs, "
        done += f"traffic moved {self.online.moves} times"
        return f"{self.kills.total()} kills ({kinds}), {done}, processes left for {self._longest_end:.1f} s at most"

    def round(self) -> None:
        """One life: clients at work, a blow, the next life, and whether it has everything."""
        wire = self._wire()
        writers = [Writer(wire, self.ledger, self._setup, number, self._chance.getrandbits(32)) for number in range(2)]
        for writer in writers:
            writer.start()
        with in_background(partial(self.online.release, wire), 1):
            try:
                self._disturb(wire)
            finally:
                self._blow.disarm()
                self.lives.kill()
                for writer in writers:
                    writer.stop()
        assert not (problems := [problem for writer in writers for problem in writer.problems]), problems
        self._runs += [run for writer in writers for run in writer.pipeline_runs]
        self._canceled += [run for writer in writers for run in writer.canceled]
        self._jobs += [job for writer in writers for job in writer.arm.jobs]
        self.lives.begin()
        while self._chance.random() < 0.3:
            time.sleep(self._chance.uniform(0, 1.5))
            self._count("starting")
            self.lives.kill()
            self.lives.begin()
        self.lives.ready()
        self.check()
        self.ledger.life += 1

    def _wire(self) -> Wire:
        return Wire(self._http, self._token, self._blow)

    def _disturb(self, wire: Wire) -> None:
        """Start what takes a while, and strike at some moment."""
        try:
            self._runs.append(submit(wire, self._setup["pipeline"], self._chance.uniform(0, 3)))
            self._advance_clock(wire)
        except requests.ConnectionError:  # pragma: no cover - nobody has struck yet
            raise AssertionError("the workspace went away by itself") from None
        kind = self._chance.choice(["after a write", "during a write", "after a while", "during an update"])
        self._count(kind)
        writes = self._chance.randint(1, 60)
        if kind == "after a write":
            self._blow.arm(writes, 10 ** self._chance.uniform(-6, -3), answered=True)
        elif kind == "during a write":
            self._blow.arm(writes, 10 ** self._chance.uniform(-5, -2.3), answered=False)
        elif kind == "after a while":
            time.sleep(10 ** self._chance.uniform(-3, 0.6))
            return
        else:
            asked = len(self._updates)
            until(lambda: len(self._updates) > asked, "the SDK program to update the service", _LONGEST_LIFE_SECONDS)
            time.sleep(self._chance.uniform(0, 4))
            return
        assert self._blow.fell.wait(_LONGEST_LIFE_SECONDS), f"{writes} writes took too long"

    def _advance_clock(self, wire: Wire) -> None:
        self._hours[1] += 1
        assert wire.write("POST", "/own/clock", json={"advance": 3600}).status_code == 200
        self._hours[0] += 1

    def _count(self, kind: str) -> None:
        self.kills[kind] += 1

    def check(self, sample: int | None = _SAMPLE) -> None:
        """Asserts that nothing that was answered is lost, nothing hangs and nothing is left of earlier lives."""
        wire = self._wire()
        lost = self.ledger.lost(wire.read, self._chance, sample)
        assert not lost, f"{len(lost)} answered writes are lost:\n" + "\n".join(lost[:5])
        self._check_runs(wire)
        self._check_schedule(wire)
        until(lambda: not wire.send("GET", "/health").json()["starting"], "the service to come back", 60)
        self._check_service(wire)
        self.online.check(wire)
        self._check_state()
        self.lives.refuse_a_second()
        self._await_orphans()

    def _await_orphans(self) -> None:
        started = time.monotonic()
        while orphans := self.lives.orphans():
            waited = time.monotonic() - started
            assert waited < ORPHAN_SECONDS, f"left of earlier lives: {[one.as_dict(_DETAILS) for one in orphans]}"
            time.sleep(0.05)
        self._longest_end = max(self._longest_end, time.monotonic() - started)

    def _check_runs(self, wire: Wire) -> None:
        for run_id in self._runs:
            status = wire.send("GET", scoped("/pipelines/v1.0", f"/PipelineRuns/{run_id}")).json()["Status"]
            run = wire.send("GET", scoped("/history/v1.0", f"/runs/{run_id}")).json()
            assert run["status"] == _ENDED.get(status["StatusCode"]), (run_id, status, run)
            assert run["endTimeUtc"], run
        for run_id in self._canceled:
            run = wire.send("GET", scoped("/history/v1.0", f"/runs/{run_id}")).json()
            assert run["status"] in ("Canceled", "Completed"), f"canceled, but {run['status']}: {run['error']}"
        for name in self._jobs:
            job = wire.send("GET", scoped("", f"/jobs/{name}"))
            assert job.status_code == 200, f"job {name}, which was answered, is lost: {job.text}"
            assert job.json()["properties"]["status"] in arm.ENDED, job.text
        query = scoped("/history/v1.0", "/experiments/killed/runs:query")
        runs = wire.send("POST", query, json={}).json()["value"]
        going = [run for run in runs if run["status"] not in _ENDED.values() or not run["endTimeUtc"]]
        assert not going, f"{len(going)} runs of earlier lives go on: {going[0]}"
        silent = [run for run in runs if run["status"] == "Failed" and not run["error"]]
        assert not silent, f"a run failed without a reason: {silent[0]}"

    def _check_schedule(self, wire: Wire) -> None:
        path = f"/PipelineRuns/Schedule/{self._setup['schedule']}"
        runs = wire.send("GET", scoped("/pipelines/v1.0", path)).json()
        answered, asked = self._hours
        # An hour of the clock on the wall may pass during a long test.
        for found in (len(runs), arm.jobs_of_schedule(wire)):
            assert answered <= found <= asked + 1, f"{found} runs for {answered} to {asked} hours"

    def _check_service(self, wire: Wire) -> None:
        """It answers, with a version whose deployment was asked for, and gets back to all of its replicas."""
        path = scoped("/modelmanagement/v1.0", f"/services/{self._setup['service']}")
        header = {"Authorization": f"Bearer {wire.send('POST', path + '/listkeys').json()['primaryKey']}"}
        answer = requests.post(self._setup["uri"], data=b"x", headers=header, timeout=60)
        assert answer.status_code == 200, answer.text
        known = [self._serving, *self._updates]
        assert answer.json()["model"] in known, f"{answer.text} is none of {known}"
        self._serving, self._updates = answer.json()["model"], self._updates[-2:]

        def is_whole() -> bool:  # between two updates of the SDK program
            service = wire.send("GET", path).json()
            assert service["state"] in ("Healthy", "Transitioning"), service
            return bool(service["state"] == "Healthy" and service["deploymentStatus"]["availableReplicas"] == 2)

        until(is_whole, "the service to be healthy", 60)

    def _check_state(self) -> None:
        state = self.lives.state
        running = "SELECT body FROM documents WHERE kind = 'operation' AND json_extract(body, '$.state') = 'Running'"
        with closing(sqlite3.connect(f"file:{state / 'workspace.db'}?mode=ro", uri=True)) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert database.execute("SELECT key FROM documents WHERE NOT json_valid(body)").fetchall() == []
            # The SDK program may just have begun an update.
            assert len(going := database.execute(running).fetchall()) <= 1, going
        log = self.lives.log.read_text()
        assert "Traceback" not in log, log[-5000:]


def kill_repeatedly(folder: Path, kills: int, seed: int) -> str:
    """Kills a workspace in `folder` at least so often; asserts that nothing is lost. Returns what was done."""
    started, rounds = time.monotonic(), Rounds(folder, seed)
    try:
        rounds.begin()
        while rounds.kills.total() < kills:
            rounds.round()
        rounds.check(sample=None)
    except AssertionError as error:
        raise AssertionError(f"after {rounds.summary()}: {error}") from None
    finally:
        rounds.end()
    assert not (left := rounds.lives.survivors()), f"processes that outlived the workspace: {left}"
    return f"{rounds.summary()}, {time.monotonic() - started:.0f} s"
