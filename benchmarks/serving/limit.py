"""What the model alone can do: our scorer on whole batches, from one and two threads, without HTTP.

    python -m benchmarks.serving.limit MODEL SECONDS

Run as a program, because TensorFlow must not live in the process that measures. Prints JSON: requests a second by
combination, each measured for SECONDS.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.serving import ROOT
from benchmarks.serving.client.wires import OUR_WIRES
from benchmarks.serving.models import ROWS, samples, version_folder

if TYPE_CHECKING:
    from scoring.scorer import Scorer

BATCHES = (16, 32)
THREADS = (1, 2)


def measure(model: str, seconds: float, variables: Mapping[str, str]) -> dict[str, float]:
    """Requests a second of each combination, from a process of its own with the service's `variables`.

    CalledProcessError when that process fails.
    """
    command = [sys.executable, "-m", __name__, model, str(seconds)]
    environment = {**os.environ, **variables}
    run = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    rates: dict[str, float] = json.loads(run.stdout)
    return rates


def main(model: str, seconds: float) -> None:
    from scoring.scorer import open_scorer
    from scoring.settings import read_settings

    settings = read_settings(os.environ)
    scorer = open_scorer(version_folder(model), replace(settings, max_batch=max(BATCHES), lanes=1))
    wire = OUR_WIRES["json" if model in ROWS else "jpeg"]
    bodies = [wire.request(sample)[1] for sample in samples(model)]
    rates = {}
    for size in BATCHES:
        batch = bodies[:size]
        scorer.predict(batch)
        for threads in THREADS:
            with ThreadPoolExecutor(threads) as pool:
                found = pool.map(lambda _: _rate(scorer, batch, seconds), range(threads))  # noqa: B023 -- used at once
                rates[f"{size} requests, {threads} threads"] = sum(found)
    print(json.dumps(rates))


def _rate(scorer: "Scorer", batch: Sequence[bytes], seconds: float) -> float:
    """One thread's requests a second, up to the end of its last batch."""
    started = time.monotonic()
    done, now = 0, started
    while now < started + seconds:
        scorer.predict(batch)
        done, now = done + len(batch), time.monotonic()
    return done / (now - started)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
