"""Worker processes, each of which calls init() once and then run() for one mini batch after the other."""

import os
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path

from parallel_run_driver.arguments import Arguments
from parallel_run_driver.batches import MiniBatch

_ROOM = Path(__file__).parents[1]
_COMMAND = [sys.executable, str(_ROOM.parent / "forkserver" / "driver.py"), str(_ROOM / "amlbi_worker.py")]
_END_SECONDS = 30.0
"""For shutdown() of the entry script, and the metrics that it logged."""
_NEVER = float("inf")


class InitFailed(Exception):
    """What stands outside of the entry script's functions failed, or its init(): the traceback, or how it ended."""


@dataclass(frozen=True)
class Outcome:
    """What became of a mini batch: a row for each item that succeeded, or the error of its last try."""

    index: int
    rows: list[str]
    error: str


@dataclass
class _Worker:
    process: "subprocess.Popen[bytes]"
    channel: "Connection[MiniBatch, tuple[list[str], str]]"
    is_ready: bool = False
    index: int | None = None
    """Of the mini batch that it has; None while it has none."""
    deadline: float = _NEVER

    def how_it_ended(self) -> str:
        """Called when it answers no more."""
        try:
            return f"its process ended with exit code {self.process.wait(_END_SECONDS)}"
        except subprocess.TimeoutExpired:
            return "its process closed its connection to the driver"

    def end(self) -> None:
        self.channel.close()
        self.process.kill()
        self.process.wait()


class Pool:
    """As many processes as there is work for, until it is left."""

    def __init__(
        self, arguments: Arguments, given: Sequence[str], batches: Sequence[MiniBatch], processes: int
    ) -> None:
        self._arguments, self._given, self._batches = arguments, list(given), batches
        self._waiting = deque(range(len(batches)))
        self._tries: Counter[int] = Counter()
        self._workers: dict[int, _Worker] = {}
        self._count = min(processes, len(batches))

    def __enter__(self) -> "Pool":
        self._workers = {number: self._start(number) for number in range(self._count)}
        return self

    def __exit__(self, *_: object) -> None:
        idle = [worker for worker in self._workers.values() if worker.is_ready and worker.index is None]
        for worker in idle:
            worker.channel.close()
        for worker in idle:
            with suppress(subprocess.TimeoutExpired):
                worker.process.wait(_END_SECONDS)
        for worker in self._workers.values():
            worker.end()

    def outcomes(self) -> Iterator[Outcome]:
        """One for each mini batch, as they end. Raises InitFailed."""
        left = len(self._batches)
        while left:
            for number in self._due():
                outcome = self._hear(number)
                self._hand_out()
                if outcome:
                    left -= 1
                    yield outcome

    def _due(self) -> list[int]:
        """Waits for workers that have something to say, or take too long."""
        deadline = min(worker.deadline for worker in self._workers.values())
        patience = None if deadline == _NEVER else max(0.0, deadline - time.monotonic())
        ready = wait([worker.channel for worker in self._workers.values()], patience)
        now = time.monotonic()
        return [number for number, one in self._workers.items() if one.channel in ready or one.deadline <= now]

    def _hear(self, number: int) -> Outcome | None:
        """What is settled by that: nothing where a worker has got ready, or a mini batch is tried again."""
        worker = self._workers[number]
        index, is_known = worker.index, worker.channel.poll()
        worker.index, worker.deadline = None, _NEVER
        try:
            rows, error = worker.channel.recv() if is_known else self._late()
        except (EOFError, OSError):
            rows, error, is_known = [], worker.how_it_ended(), False
        if error and not worker.is_ready:
            raise InitFailed(error)
        worker.is_ready = True
        outcome = None if index is None else self._settled(index, rows, error)
        if not is_known:
            worker.end()
            del self._workers[number]
            if self._waiting:
                self._workers[number] = self._start(number)
        return outcome

    def _late(self) -> tuple[list[str], str]:
        seconds = self._arguments.run_invocation_timeout
        return [], f"run() took longer than its run_invocation_timeout, {seconds:g} s: its process was ended"

    def _settled(self, index: int, rows: list[str], error: str) -> Outcome | None:
        self._tries[index] += 1
        if not error or self._tries[index] >= self._arguments.run_max_try:
            return Outcome(index, rows, error)
        tries = f"try {self._tries[index]} of {self._arguments.run_max_try}"
        print(f"[parallel run] mini batch {index}, {tries}: {error}", flush=True)
        self._waiting.append(index)
        return None

    def _hand_out(self) -> None:
        for worker in self._workers.values():
            if worker.is_ready and worker.index is None and self._waiting:
                worker.index = self._waiting.popleft()
                worker.deadline = time.monotonic() + self._arguments.run_invocation_timeout
                with suppress(OSError):  # it has ended: read as such
                    worker.channel.send(self._batches[worker.index])

    def _start(self, number: int) -> _Worker:
        ours, theirs = Pipe()
        environment = os.environ | {"AML_PARALLEL_PROCESS": f"{number:03d}"}
        with theirs:
            command = [*_COMMAND, str(theirs.fileno()), *self._given]
            process = subprocess.Popen(command, pass_fds=[theirs.fileno()], env=environment)
        return _Worker(process, ours)
