"""What a request costs our service apart from its model, in processor time: `python -m benchmarks.serving.interpreter`.

The real service serves `constant`, a model that looks at no image and always answers the same 1,001 probabilities.
With `--against FOLDER`, another checkout's service takes turns with this one's every few seconds: processor time, too,
grows where the machine is busy, but for both. With `--processes N`, so does this checkout's in N processes. The medians
are written to interpreter.json in benchmarks/cache/results, or with `--record` in benchmarks/results. With `--profile`
and py-spy (`pip install py-spy`), samples of the running threads tell which stages the time goes to.
"""

import argparse
import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, fields
from heapq import nlargest
from pathlib import Path
from statistics import median

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.machine import machine
from benchmarks.recording import add_record, results_folder
from benchmarks.serving import ROOT
from benchmarks.serving.client.load import Target, run_load
from benchmarks.serving.client.wires import OUR_WIRES
from benchmarks.serving.interpreter_profile import profile, stages
from benchmarks.serving.models import CONSTANT, BenchmarkModel, benchmark_model
from benchmarks.serving.rounds import rotated
from benchmarks.serving.servers.metrics import metrics
from benchmarks.serving.servers.services import Service, inference_server, our_variables, serve

CONNECTIONS = (1, 32, 128)
PROFILER_SECONDS = 2.0  # to start in
BATCHES = re.compile(rb"^scoring_batch_size_(sum|count)\S* (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Cost:
    """Of one answer, at so many connections."""

    cpu_ms: float
    """Processor time of the whole process, user and system; of several the sum."""

    loop_ms: float
    """That of the thread which runs the event loop."""

    busiest: float
    """The share of the answers that one process gave, the one that gave most."""

    rate: float
    """Answers a second; what else the machine does counts, as for the next two."""

    p50_ms: float
    p99_ms: float

    batch: float
    """Requests a call of the model."""

    faults: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, help="another checkout of this project")
    parser.add_argument("--processes", type=int, help="so many, by turns with one")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--max-batch", type=int, default=16)
    parser.add_argument("--lanes", type=int, default=2)
    parser.add_argument("--profile", action="store_true")
    add_record(parser)
    options = parser.parse_args()
    console = Console()
    variables = {"SCORING_MAX_BATCH": str(options.max_batch), "SCORING_LANES": str(options.lanes)}
    sides = {"this checkout": (ROOT, 1)}
    if options.against:
        sides["the other"] = options.against, 1
    if options.processes:
        sides[f"{options.processes} processes"] = ROOT, options.processes
    model = benchmark_model(CONSTANT)
    with ExitStack() as stack:
        services = {name: stack.enter_context(_service(name, model, *side, variables)) for name, side in sides.items()}
        found = _take_turns(services, options.rounds, options.seconds)
        profiles = {name: _profiles(one, options.seconds) for name, one in services.items() if options.profile}
    medians = {name: {count: _median(costs) for count, costs in counts.items()} for name, counts in found.items()}
    for name, costs in medians.items():
        console.print(_table(name, costs))
    written = {"max_batch": options.max_batch, "lanes": options.lanes, "rounds": options.rounds}
    _write(medians, written, results_folder(record=options.record) / "interpreter.json")
    for name, profile_of in profiles.items():
        console.print(_profile_table(name, profile_of))


@dataclass(frozen=True)
class Loaded:
    """A service that runs, and the processes of it that answer."""

    target: Target
    workers: Sequence[psutil.Process]


def _take_turns(services: Mapping[str, Loaded], rounds: int, seconds: float) -> dict[str, dict[int, list[Cost]]]:
    """By service and connections, a figure a round, after one that isn't counted."""
    found: dict[str, dict[int, list[Cost]]] = {name: {count: [] for count in CONNECTIONS} for name in services}
    for number in range(-1, rounds):
        for count in CONNECTIONS:
            for name in rotated(list(services), max(number, 0)):
                cost = _cost(services[name], count, seconds)
                if number >= 0:
                    found[name][count].append(cost)
    return found


def _cost(service: Loaded, connections: int, seconds: float) -> Cost:
    calls, before, loop = _calls(service), _seconds(service), _loop_seconds(service)
    load = run_load(service.target, connections, seconds)
    after, answers = _seconds(service), sum(load.statuses.values())
    now = _calls(service)
    rows = {process: now[process][0] - calls[process][0] for process in calls}
    batches = sum(now[process][1] - calls[process][1] for process in calls)
    return Cost(
        cpu_ms=(after - before) / answers * 1e3,
        loop_ms=(_loop_seconds(service) - loop) / answers * 1e3,
        busiest=max(rows.values()) / sum(rows.values()),
        rate=load.rate,
        p50_ms=load.p50_ms,
        p99_ms=load.p99_ms,
        batch=sum(rows.values()) / batches,
        faults=load.faults,
    )


def _profiles(service: Loaded, seconds: float) -> dict[int, dict[str, float]]:
    """By connections, the share of the samples in each stage."""
    profiles = {}
    for count in CONNECTIONS:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "stacks"
            with profile(service.workers[0].pid, file, seconds):
                run_load(service.target, count, seconds + PROFILER_SECONDS)
            profiles[count] = stages(file.read_text(encoding="utf-8"))
    return profiles


@contextmanager
def _service(
    name: str, model: BenchmarkModel, root: Path, processes: int, variables: Mapping[str, str]
) -> Iterator[Loaded]:
    """The service of the checkout `root`; of its processes, those with TensorFlow answer."""
    before = psutil.Process().children(recursive=True)
    several = {"WORKER_COUNT": str(processes)} if processes > 1 else {}
    start = inference_server(root, lambda: {**our_variables(), **variables, **several})
    with serve(Service(name, "ours", start, OUR_WIRES), model) as running:
        family = set(psutil.Process().children(recursive=True)) - set(before)
        yield Loaded(running.target, nlargest(processes, family, key=lambda process: process.memory_info().rss))


def _seconds(service: Loaded) -> float:
    """Processor time of its processes."""
    return sum(times.user + times.system for times in (worker.cpu_times() for worker in service.workers))


def _loop_seconds(service: Loaded) -> float:
    """That of their main threads."""
    mains = [one for worker in service.workers for one in worker.threads() if one.id == worker.pid]
    return sum(one.user_time + one.system_time for one in mains)


def _calls(service: Loaded) -> dict[bytes, tuple[float, float]]:
    """By process, the requests that were scored, and in how many calls of the model."""
    found = {}
    for process, page in metrics(service.target.url, len(service.workers)).items():
        values = dict(BATCHES.findall(page))
        found[process] = float(values[b"sum"]), float(values[b"count"])
    return found


def _median(costs: Sequence[Cost]) -> Cost:
    """Of each figure; of faults the sum."""
    middle = {one.name: median(getattr(cost, one.name) for cost in costs) for one in fields(Cost)}
    return Cost(**{**middle, "faults": sum(cost.faults for cost in costs)})


def _write(medians: Mapping[str, Mapping[int, Cost]], options: Mapping[str, int], file: Path) -> None:
    results = {name: {count: asdict(cost) for count, cost in costs.items()} for name, costs in medians.items()}
    document = {"machine": machine(("tensorflow-cpu", "uvicorn", "orjson")), "options": options, "results": results}
    file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _table(name: str, costs: Mapping[int, Cost]) -> Table:
    columns = ("clients", "CPU ms", "loop ms", "answers/s", "p50 ms", "p99 ms", "batch", "busiest", "faults")
    table = Table(*columns, title=f"{name}: an answer's processor time")
    for count, cost in costs.items():
        figures = (f"{cost.cpu_ms:.3f}", f"{cost.loop_ms:.3f}", f"{cost.rate:,.0f}", f"{cost.p50_ms:.1f}")
        table.add_row(
            str(count), *figures, f"{cost.p99_ms:.1f}", f"{cost.batch:.1f}", f"{cost.busiest:.2f}", str(cost.faults)
        )
    return table


def _profile_table(name: str, profiles: Mapping[int, Mapping[str, float]]) -> Table:
    table = Table("stage", *(str(count) for count in profiles), title=f"{name}: where the time goes")
    last = profiles[max(profiles)]
    for stage in sorted({stage for found in profiles.values() for stage in found}, key=lambda one: -last.get(one, 0)):
        table.add_row(stage, *(f"{found.get(stage, 0):.3f}" for found in profiles.values()))
    return table


if __name__ == "__main__":
    main()
