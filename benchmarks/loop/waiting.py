"""What somebody waits for who releases a model on this machine: each in a local workspace that is begun for it."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.loop.checkout import Checkout

UNCHANGED = 2
"""Unchanged releases after a first one."""
LOOKS = {"amlgpu --help": ["--help"], "amlgpu status": ["status"], "amlgpu plan": ["plan", "--model", "sample/model"]}
CHANGES = 2  # exit code of `amlgpu plan` where a run would change something

Seconds = dict[str, list[float]]


def wait(checkout: Checkout, sample: Path) -> Seconds:
    """Seconds of a first release of ``sample``, of unchanged ones and of commands that only look, by name.

    CalledProcessError when a release fails, RuntimeError when one does something else than is measured.
    """
    with TemporaryDirectory(prefix="amlgpu-loop-") as folder:
        shutil.copytree(sample, Path(folder) / "sample")
        environment = {key: value for key, value in os.environ.items() if not key.startswith("AMLGPU_")}
        environment["AMLGPU_HOME"] = str(Path(folder) / "state")
        try:
            seconds = _release("first release", "created", checkout, folder, environment)
            for _ in range(UNCHANGED):
                for kind, values in _release("unchanged release", "unchanged", checkout, folder, environment).items():
                    seconds.setdefault(kind, []).extend(values)
            for kind, words in LOOKS.items():
                seconds[kind] = [_timed(checkout, words, folder, environment)[0] for _ in range(UNCHANGED)]
        finally:
            _call(checkout, ["local", "down"], folder, environment)
    return seconds


def _release(kind: str, action: str, checkout: Checkout, folder: str, environment: Mapping[str, str]) -> Seconds:
    seconds, printed = _timed(checkout, ["run", "--json"], folder, environment)
    report: dict[str, Any] = json.loads(printed)
    done = report["deployment"]["action"]
    if done != action:
        raise RuntimeError(f"{checkout.name}: the {kind} was to be {action}, it was {done}")
    steps = {f"{kind}: {step['name']}": [float(step["seconds"])] for step in report["steps"]}
    return {kind: [seconds]} | steps


def _timed(checkout: Checkout, words: list[str], folder: str, environment: Mapping[str, str]) -> tuple[float, str]:
    started = time.perf_counter()
    printed = _call(checkout, words, folder, environment)
    return time.perf_counter() - started, printed


def _call(checkout: Checkout, words: list[str], folder: str, environment: Mapping[str, str]) -> str:
    command = [str(checkout.command), *words]
    done = subprocess.run(command, cwd=folder, env=dict(environment), stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, CHANGES):
        raise subprocess.CalledProcessError(done.returncode, command)
    return done.stdout
