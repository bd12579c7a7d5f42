"""What a request costs our service apart from its model, in processor time: `python -m benchmarks.serving.interpreter`.

The real service serves `constant`, a model that looks at no image and always answers the same 1,001 probabilities.
Processor time, unlike throughput, says as much on a busy machine. With `--against FOLDER`, another checkout's service
takes turns with this one's. With `--profile` and py-spy (`pip install py-spy`), samples of the running threads tell
which stages of a request the time goes to.
"""

import argparse
import http.client
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.serving import ROOT
from benchmarks.serving.client.load import Target, run_load
from benchmarks.serving.client.wires import OUR_WIRES
from benchmarks.serving.interpreter_profile import profile, stages
from benchmarks.serving.models import CONSTANT, BenchmarkModel, benchmark_model
from benchmarks.serving.rounds import rotated
from benchmarks.serving.servers.services import Service, inference_server, our_variables, serve

CONNECTIONS = (1, 32, 128)
WARM_SECONDS = 2.0
BATCHES = re.compile(rb"^scoring_batch_size_(sum|count) (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Cost:
    """Of one answer, at so many connections."""

    cpu_ms: float
    """Processor time of the whole process, user and system."""

    loop_ms: float
    """That of the thread which runs the event loop."""

    rate: float
    """Answers a second; what else the machine does counts."""

    batch: float
    """Requests a call of the model."""

    faults: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, help="another checkout of this project")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--max-batch", type=int, default=16)
    parser.add_argument("--lanes", type=int, default=2)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    console = Console()
    variables = {"SCORING_MAX_BATCH": str(options.max_batch), "SCORING_LANES": str(options.lanes)}
    roots = {"this checkout": ROOT, **({str(options.against): options.against} if options.against else {})}
    model = benchmark_model(CONSTANT)
    found: dict[str, dict[int, list[Cost]]] = {name: {count: [] for count in CONNECTIONS} for name in roots}
    for number in range(options.rounds):
        for name in rotated(list(roots), number):
            for count, cost in _costs(model, roots[name], variables, options.seconds):
                found[name][count].append(cost)
    for name, costs in found.items():
        console.print(_table(name, costs))
    if options.profile:
        for name, root in roots.items():
            _print_profile(console, name, _profiles(model, root, variables, options.seconds))


def _costs(
    model: BenchmarkModel, root: Path, variables: Mapping[str, str], seconds: float
) -> Iterator[tuple[int, Cost]]:
    with _service(model, root, variables) as (target, worker):
        for count in CONNECTIONS:
            run_load(target, count, WARM_SECONDS)
            yield count, _cost(target, worker, count, seconds)


def _cost(target: Target, worker: psutil.Process, connections: int, seconds: float) -> Cost:
    calls, before, loop = _calls(target), worker.cpu_times(), _loop_seconds(worker)
    load = run_load(target, connections, seconds)
    after, answers = worker.cpu_times(), sum(load.statuses.values())
    rows, batches = (now - then for now, then in zip(_calls(target), calls, strict=True))
    return Cost(
        cpu_ms=(after.user + after.system - before.user - before.system) / answers * 1e3,
        loop_ms=(_loop_seconds(worker) - loop) / answers * 1e3,
        rate=load.rate,
        batch=rows / batches,
        faults=load.faults,
    )


def _profiles(
    model: BenchmarkModel, root: Path, variables: Mapping[str, str], seconds: float
) -> dict[int, dict[str, float]]:
    """By connections, the share of the samples in each stage."""
    profiles = {}
    with _service(model, root, variables) as (target, worker):
        for count in CONNECTIONS:
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "stacks"
                with profile(worker.pid, file, seconds):
                    run_load(target, count, seconds + WARM_SECONDS)
                profiles[count] = stages(file.read_text(encoding="utf-8"))
    return profiles


@contextmanager
def _service(
    model: BenchmarkModel, root: Path, variables: Mapping[str, str]
) -> Iterator[tuple[Target, psutil.Process]]:
    """The service of the checkout `root`, and the process that answers: of its family, the one with TensorFlow."""
    ours = Service("interpreter", "ours", inference_server(root, lambda: {**our_variables(), **variables}), OUR_WIRES)
    with serve(ours, model) as running:
        family = psutil.Process().children(recursive=True)
        yield running.target, max(family, key=lambda process: process.memory_info().rss)


def _loop_seconds(worker: psutil.Process) -> float:
    """Processor time of the main thread."""
    return next(one.user_time + one.system_time for one in worker.threads() if one.id == worker.pid)


def _calls(target: Target) -> tuple[float, float]:
    """Requests that were scored, and in how many calls of the model."""
    host = target.url.removeprefix("http://").partition("/")[0]
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.request("GET", "/metrics")
    values = dict(BATCHES.findall(connection.getresponse().read()))
    connection.close()
    return float(values[b"sum"]), float(values[b"count"])


def _table(name: str, costs: Mapping[int, Sequence[Cost]]) -> Table:
    table = Table("connections", "CPU ms an answer", "loop ms", "answers/s", "batch", "faults", title=name)
    for count, measured in costs.items():
        table.add_row(
            str(count),
            f"{median(one.cpu_ms for one in measured):.3f}",
            f"{median(one.loop_ms for one in measured):.3f}",
            f"{median(one.rate for one in measured):,.0f}",
            f"{median(one.batch for one in measured):.1f}",
            str(sum(one.faults for one in measured)),
        )
    return table


def _print_profile(console: Console, name: str, profiles: Mapping[int, Mapping[str, float]]) -> None:
    table = Table("stage", *(str(count) for count in profiles), title=f"{name}: where the time goes")
    last = profiles[max(profiles)]
    for stage in sorted({stage for found in profiles.values() for stage in found}, key=lambda one: -last.get(one, 0)):
        table.add_row(stage, *(f"{found.get(stage, 0):.3f}" for found in profiles.values()))
    console.print(table)


if __name__ == "__main__":
    main()
