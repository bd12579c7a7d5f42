"""One release on a local workspace of its own: seconds and peak of memory of each step."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.sizes.processes import CLIENT, OTHER, SERVER, SERVICE, Peaks, peaks_of

SUBMITTED = "run "
"""How the line on standard error begins that says that all was sent, and the run started."""
STEPS = ("register_model", "validate_model", "deploy_service", "smoke_test")
PARTS = ("check and upload", *STEPS, SERVICE, SERVER)


@dataclass(frozen=True)
class Part:
    """What one part of a release took."""

    seconds: float | None
    """None: it runs beside the others."""
    megabytes: float
    """The greatest sum of what its processes had in memory at once, in 10^6 bytes."""


def release(folder: Path, options: Sequence[str | Path]) -> dict[str, Part]:
    """Release from ``folder``, whose state is wiped afterwards. RuntimeError, with what was said, where it fails."""
    state = folder / "state"
    environment = {**os.environ, "AMLGPU_HOME": str(state), "AMLGPU_SERVICE__REPLICAS": "1", "TMPDIR": str(folder)}
    command = [str(Path(sys.executable).with_name("amlgpu")), "run", "--json", *map(str, options)]
    try:
        return _run(command, folder, state, environment)
    finally:
        down = [str(Path(sys.executable).with_name("amlgpu")), "local", "down"]
        subprocess.run(down, env=environment, cwd=folder, check=False, capture_output=True)
        shutil.rmtree(state, ignore_errors=True)


def _run(command: Sequence[str], folder: Path, state: Path, environment: Mapping[str, str]) -> dict[str, Part]:
    started, said = time.perf_counter(), ""
    seconds: dict[str, float] = {}
    answer = folder / "answer.json"
    with answer.open("w") as out:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=out, stderr=subprocess.PIPE, text=True, errors="replace"
        )
        with process, peaks_of(process.pid, state) as peaks:
            for line in process.stderr or ():
                said += line
                if line.startswith(SUBMITTED):
                    seconds.setdefault(PARTS[0], time.perf_counter() - started)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{said[-3000:]}")
    report = json.loads(answer.read_text())
    seconds |= {step["name"]: step["seconds"] for step in report["steps"]}
    by_part = _by_part(peaks, state)
    return {name: Part(_rounded(seconds.get(name)), round(by_part.get(name, 0) / 1e6)) for name in PARTS}


def _by_part(peaks: Peaks, state: Path) -> dict[str, int]:
    """The peaks by the parts' names."""
    names = {CLIENT: PARTS[0], SERVICE: SERVICE, SERVER: SERVER, OTHER: OTHER}
    return {names.get(key) or _step(state, key): size for key, size in peaks.items()}


def _step(state: Path, run_id: str) -> str:
    """The name of the step that a run was."""
    from azureml_emulator.command.client import ask
    from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION

    scope = (
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}"
        f"/providers/Microsoft.MachineLearningServices/workspaces/{NAME}"
    )
    with suppress(KeyError):
        return str(ask(state, "GET", f"/history/v1.0{scope}/runs/{run_id}")["name"])
    return run_id


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
