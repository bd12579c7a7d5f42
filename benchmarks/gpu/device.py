"""The GPU, as it is written beside measurements, and what it does while they are taken. All from nvidia-smi."""

import csv
import io
import shutil
import statistics
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

FACTS = (
    "name",
    "driver_version",
    "memory.total",
    "power.limit",
    "clocks.max.sm",
    "clocks.max.memory",
    "compute_cap",
)
STATE = ("utilization.gpu", "clocks.sm", "power.draw", "memory.used")
EVERY_MS = 250
STOP_SECONDS = 5.0

Figures = dict[str, float]


def gpus() -> list[dict[str, str]]:
    """FACTS of each GPU, with units; none where there is no NVIDIA GPU or driver."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    command = [program, f"--query-gpu={','.join(FACTS)}", "--format=csv,noheader"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode:
        return []
    return [dict(zip(FACTS, map(str.strip, row), strict=True)) for row in csv.reader(io.StringIO(found.stdout))]


def used_mib() -> float | None:
    """Memory of the first GPU that is in use, whoever has it; None without a GPU."""
    query = ["nvidia-smi", "--id=0", f"--query-gpu={','.join(STATE)}", "--format=csv,noheader,nounits"]
    lines = subprocess.run(query, capture_output=True, text=True, check=False).stdout.splitlines() if gpus() else []
    return summarise(lines).get("memory.used")


@contextmanager
def watched() -> Iterator[Callable[[], Figures]]:
    """Medians of STATE of the first GPU (percent, MHz, watts, MiB) since the block began; empty without a GPU."""
    if not gpus():
        yield dict
        return
    query = ["nvidia-smi", "--id=0", f"--query-gpu={','.join(STATE)}", "--format=csv,noheader,nounits"]
    with subprocess.Popen([*query, f"--loop-ms={EVERY_MS}"], stdout=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline() if process.stdout else ""]  # it has begun

        def figures() -> Figures:
            process.terminate()
            lines.extend(process.communicate(timeout=STOP_SECONDS)[0].splitlines())
            return summarise(lines)

        try:
            yield figures
        finally:
            process.kill()


def summarise(lines: list[str]) -> Figures:
    """The median of each column of STATE; a driver writes `[N/A]` for what it can't tell."""
    rows = [row for line in lines if len(row := line.split(",")) == len(STATE)]
    columns = {name: [value[place].strip() for value in rows] for place, name in enumerate(STATE)}
    return {
        name: statistics.median(map(float, values))
        for name, values in columns.items()
        if values and all(value.replace(".", "", 1).isdigit() for value in values)
    }
