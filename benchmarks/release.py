"""How long a release takes: `amlgpu run` on the local workspace, as a whole and by step.

The first round is left out: it trains the sample and starts the workspace and the service. What remains is what a
release costs when nothing has changed, which is what the pipeline, the SDK and the local workspace cost by themselves.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROUNDS = 5


def measure(rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Seconds of each round, by step and in all. Raises CalledProcessError when a release fails."""
    _release()
    seconds: dict[str, list[float]] = {}
    for _ in range(rounds):
        started = time.perf_counter()
        report = _release()
        seconds.setdefault("amlgpu run", []).append(time.perf_counter() - started)
        for step in report["steps"]:
            seconds.setdefault(step["name"], []).append(step["seconds"])
    return seconds


def _release() -> dict[str, Any]:
    amlgpu = str(Path(sys.executable).with_name("amlgpu"))
    if not Path("sample/model").is_dir():
        subprocess.run([amlgpu, "sample"], check=True, stdout=subprocess.DEVNULL)
    sample = ["--model", "sample/model", "--validation-data", "sample/validation"]
    command = [amlgpu, "run", "--target", "local", *sample, "--json"]
    report: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return report
