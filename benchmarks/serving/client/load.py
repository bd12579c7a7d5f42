"""The load: wrk keeps a number of connections busy with the samples in turn; what it saw comes back as a Load.

wrk is one thread of C and costs a tenth of what the leanest service costs a request (see `null.py`).
"""

import json
import resource
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.serving.client.wires import Wire, http_request

SCRIPT = Path(__file__).with_name("wrk.lua")
TIMEOUT_SECONDS = 30
FEW_ANSWERS = 10  # of fewer, a line through their times says less than their number
STEADY_SHARE = 0.5  # of the time, that must lie between the first answer and the last for that line


class MissingWrkError(Exception):
    """wrk isn't installed."""

    def __init__(self) -> None:
        super().__init__(
            "The load comes from wrk, which isn't installed. Debian and Ubuntu: sudo apt-get install wrk; "
            "macOS: brew install wrk."
        )


@dataclass(frozen=True)
class Target:
    """A service to load: its scoring URL, and a folder with one ready-made request a sample."""

    url: str
    folder: Path
    count: int


@dataclass(frozen=True)
class Load:
    """What the client saw."""

    seconds: float
    statuses: dict[str, int]
    """Answers by HTTP status."""

    rate: float
    """Answers of status 200 a second."""

    p50_ms: float
    p99_ms: float
    client_cpu_us: float
    """Processor time of wrk itself for one answer, in microseconds."""

    errors: dict[str, int] = field(default_factory=dict)
    """Failed connects, reads, writes, and answers that took over TIMEOUT_SECONDS; only those that happened."""

    @property
    def answers(self) -> int:
        return sum(self.statuses.values())

    @property
    def faults(self) -> int:
        """Answers that weren't 200, and requests without an answer."""
        return self.answers - self.statuses.get("200", 0) + sum(self.errors.values())


def write_target(url: str, wire: Wire[Any], samples: Sequence[Any], folder: Path) -> Target:
    """Write one request a sample to `folder`, for `run_load`."""
    folder.mkdir(parents=True, exist_ok=True)
    host = url.removeprefix("http://").partition("/")[0]
    for number, sample in enumerate(samples):
        (folder / f"{number}.http").write_bytes(http_request(wire, host, sample))
    return Target(url, folder, len(samples))


def run_load(target: Target, connections: int, seconds: float, pause_ms: float = 0) -> Load:
    """Keep `connections` connections busy for `seconds`; each waits `pause_ms` on average before each request.

    Raises MissingWrkError; CalledProcessError when wrk can't reach the service at all.
    """
    options = ["-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", f"--timeout={TIMEOUT_SECONDS}s"]
    arguments = [str(target.folder), str(target.count), str(pause_ms)]
    before = _children_cpu()
    run = subprocess.run(
        [_wrk(), *options, f"--script={SCRIPT}", target.url, "--", *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    return parse(run.stdout, connections, _children_cpu() - before)


def wrk_version() -> str:
    """The first words of `wrk -v`. Raises MissingWrkError."""
    run = subprocess.run([_wrk(), "-v"], check=False, capture_output=True, text=True)
    return run.stdout.partition("[")[0].strip()


def _wrk() -> str:
    wrk = shutil.which("wrk")
    if wrk is None:
        raise MissingWrkError
    return wrk


def parse(output: str, connections: int, cpu_seconds: float) -> Load:
    """Read wrk.lua's line in wrk's `output`."""
    line = next(line for line in output.splitlines() if line.startswith("RESULT "))
    found: dict[str, Any] = json.loads(line.removeprefix("RESULT "))
    seconds = found["microseconds"] / 1e6
    interval = found["microseconds"] // max(found["requests"] // connections, 1)
    latencies = as_measured(dict(found["latencies"]), interval, found["requests"])
    return Load(
        seconds=seconds,
        statuses=found["statuses"],
        rate=_rate(found, seconds),
        p50_ms=percentile(latencies, 50) / 1000,
        p99_ms=percentile(latencies, 99) / 1000,
        client_cpu_us=(cpu_seconds - found["report_seconds"]) / max(found["requests"], 1) * 1e6,
        errors={kind: found[kind] for kind in ("connect", "read", "write", "timeout") if found[kind]},
    )


def as_measured(latencies: Mapping[int, int], interval: int, requests: int) -> dict[int, int]:
    """The latencies (microseconds: how often) that were measured, from those that wrk reports.

    For each that is longer than twice `interval`, the mean time between a connection's requests, wrk 4.1 adds others,
    shorter by 1, 2, ... intervals, as if requests had been sent while that one was waited for. One short stall thus
    becomes the 99th percentile. A wrk that adds nothing reports as many latencies as requests.
    """
    measured = dict(latencies)
    if sum(measured.values()) == requests:
        return measured
    for latency in sorted(latencies, reverse=True):
        count = measured[latency]
        if latency >= 2 * interval and count:
            for added in range(latency - interval, interval, -interval):
                measured[added] -= count
    return measured


def percentile(latencies: Mapping[int, int], percent: float) -> int:
    """The nearest-rank percentile of latencies and how often they occurred; 0 when there are none."""
    rank = sum(latencies.values()) * percent / 100
    seen = 0
    for latency in sorted(latencies):
        seen += latencies[latency]
        if seen and seen >= rank:
            return latency
    return 0


def _rate(found: Mapping[str, Any], seconds: float) -> float:
    """Good answers a second: the slope, so that neither the wait for the first batch counts nor the batch that the
    end cuts off, whatever a service's batch size. Where the answers are too few for a line, all of them over the time.
    """
    if found["good"] >= FEW_ANSWERS and found["span"] >= seconds * STEADY_SHARE:
        return slope(found["good"], found["sum_t"], found["sum_tt"], found["sum_tk"])
    rate: float = found["good"] / seconds
    return rate


def slope(count: int, sum_t: float, sum_tt: float, sum_tk: float) -> float:
    """The slope of the least-squares line through the points (time of the k-th answer, k), k = 1 .. `count`."""
    mean_t, mean_k = sum_t / count, (count + 1) / 2
    return (sum_tk / count - mean_t * mean_k) / (sum_tt / count - mean_t**2)


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
