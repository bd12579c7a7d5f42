"""What somebody waits for who releases a model on this machine."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.loop.checkout import Checkout

UNCHANGED = 3
"""Unchanged releases after a first one, and looks."""
SAMPLE = ("--service", "digits", "--model", "sample/model", "--validation-data", "sample/validation")
CHANGES = 2  # exit code of `amlgpu plan` where a run would change something

Seconds = dict[str, list[float]]


@dataclass(frozen=True)
class Side:
    """A commit's command, in a folder with the sample and a local workspace that is begun for it."""

    checkout: Checkout
    folder: Path
    environment: Mapping[str, str]

    def call(self, *words: str) -> str:
        """What the command prints. CalledProcessError when it fails."""
        command = [str(self.checkout.command), *words]
        done = subprocess.run(
            command, cwd=self.folder, env=dict(self.environment), stdout=subprocess.PIPE, text=True, check=False
        )
        if done.returncode not in (0, CHANGES):
            raise subprocess.CalledProcessError(done.returncode, command)
        return done.stdout


@contextmanager
def side_of(checkout: Checkout, sample: Path) -> Iterator[Side]:
    """A side that has released nothing yet; its workspace ends with it."""
    with TemporaryDirectory(prefix="amlgpu-loop-") as folder:
        shutil.copytree(sample, Path(folder) / "sample")
        environment = {key: value for key, value in os.environ.items() if not key.startswith("AMLGPU_")}
        side = Side(checkout, Path(folder), environment | {"AMLGPU_HOME": str(Path(folder) / "state")})
        try:
            yield side
        finally:
            side.call("local", "down")


def release(kind: str, action: str, side: Side) -> Seconds:
    """Seconds of a release, in all and by step. RuntimeError when it does another thing than ``action``."""
    seconds, printed = _timed(side, "run", "--json", *SAMPLE)
    report: dict[str, Any] = json.loads(printed)
    done = report["deployment"]["action"]
    if done != action:
        raise RuntimeError(f"{side.checkout.name}: the {kind} was to be {action}, it was {done}")
    steps = {f"{kind}: {step['name']}": [float(step["seconds"])] for step in report["steps"]}
    return {kind: [seconds]} | steps


def look(kind: str, words: tuple[str, ...], side: Side) -> Seconds:
    """Seconds of a command that changes nothing."""
    return {kind: [_timed(side, *words)[0]]}


def _timed(side: Side, *words: str) -> tuple[float, str]:
    started = time.perf_counter()
    printed = side.call(*words)
    return time.perf_counter() - started, printed


WAITS: tuple[Callable[[Side], Seconds], ...] = (
    partial(release, "first release", "created"),
    *[partial(release, "unchanged release", "unchanged")] * UNCHANGED,
    *[
        partial(look, f"amlgpu {words[0]}", words)
        for words in (("--help",), ("status",), ("plan", "--model", "sample/model"))
        for _ in range(UNCHANGED)
    ],
)
"""What is waited for, in this order."""
