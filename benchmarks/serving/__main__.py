"""Compare our service with its predecessor and its peers.

    python -m benchmarks.serving [--quick] [--only NAME ...] [--model NAME ...] [--rounds N] [--seconds S]
    python -m benchmarks.serving --record

Writes serving.json and serving.png into `benchmarks/cache/results`; with `--record`, which a whole run alone may have,
into `benchmarks/results`. A whole run takes about 50 minutes on 2 cores.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.machine import MissingPackageError, machine
from benchmarks.recording import add_record, results_folder
from benchmarks.serving import ROOT
from benchmarks.serving.client.load import MissingWrkError, wrk_version
from benchmarks.serving.models import BUILDERS, benchmark_model
from benchmarks.serving.report.goals import goals
from benchmarks.serving.report.plot import plot
from benchmarks.serving.report.results import Results
from benchmarks.serving.report.table import client_line, given_up, goals_table, parity_table, services_table
from benchmarks.serving.rounds import Plan, measure
from benchmarks.serving.servers.peers import FOLDER, pins
from benchmarks.serving.servers.processes import adopt_orphans, stop_all
from benchmarks.serving.servers.services import SERVICES

SECONDS = {"resnet50": 8.0, "tiny": 4.0, "tabular": 4.0, "tabular32": 4.0}  # of each concurrency in each round
ROUNDS = 2
OVERLOAD_SECONDS = 60.0
QUICK_SERVICES = ("ours", "seed", "FastAPI")
QUICK_SECONDS = 2.0
TABLE_WIDTH = 150  # where the output isn't a terminal, or is a narrow one
PACKAGES = (
    "azureml-inference-server-http",
    "flask",
    "gunicorn",
    "httptools",
    "orjson",
    "tensorflow-cpu",
    "ujson",
    "uvicorn",
    "uvloop",
)


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    services = tuple(service for service in SERVICES if service.name in options.only)
    try:
        about = machine(PACKAGES)
    except MissingPackageError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    results = Results({**about, "peers": _peer_pins()}, {service.name: service.kind for service in services})
    plan = Plan(
        services,
        {name: options.seconds or SECONDS[name] for name in options.model},
        options.rounds,
        options.overload,
        limit=not options.quick,
    )
    console = Console(width=max(Console().width, TABLE_WIDTH))
    adopt_orphans()
    try:
        results.machine["wrk"] = wrk_version()
        models = [benchmark_model(name) for name in options.model]
        folder = results_folder(record=options.record)
        measure(plan, models, results, console.print, _saver(results, folder))
    except MissingWrkError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"{error.stderr}\nerror: {' '.join(map(str, error.cmd))} failed", file=sys.stderr)
        return 1
    finally:
        stop_all()
    _show(console, results, judged=not options.quick)
    plot(results, folder / "serving.png")
    console.print(f"written to {folder.relative_to(ROOT)}/serving.json and serving.png")
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description="Compare model servers.")
    names = [service.name for service in SERVICES]
    parser.add_argument("--quick", action="store_true", help="tiny model, three services, one short round, no goals")
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=f"services, of: {', '.join(names)}")
    parser.add_argument("--model", nargs="+", choices=list(BUILDERS), help="models (default: all)")
    parser.add_argument("--rounds", type=int, help=f"default: {ROUNDS}")
    parser.add_argument("--seconds", type=float, help=f"of each concurrency in each round (default: {SECONDS})")
    parser.add_argument(
        "--overload", type=float, metavar="SECONDS", help=f"default: {OVERLOAD_SECONDS:g}; 0 = leave out"
    )
    add_record(parser)
    options = parser.parse_args(arguments)
    given = (options.only, options.model, options.rounds, options.seconds, options.overload)
    quick: bool = options.quick
    if options.record and (quick or any(value is not None for value in given)):
        parser.error("--record wants a whole run, without other options")
    options.only = options.only or (QUICK_SERVICES if quick else names)
    options.model = options.model or (["tiny"] if quick else list(BUILDERS))
    options.rounds = options.rounds or (1 if quick else ROUNDS)
    options.seconds = options.seconds or (QUICK_SECONDS if quick else None)
    if options.overload is None:
        options.overload = 0.0 if quick else OVERLOAD_SECONDS
    return options


def _peer_pins() -> dict[str, dict[str, str]]:
    return {path.parent.name: pins(path.parent.name) for path in sorted(FOLDER.glob("*/requirements.txt"))}


def _saver(results: Results, folder: Path) -> Callable[[], None]:
    def save() -> None:
        (folder / "serving.json").write_text(json.dumps(results.to_json(), indent=1) + "\n", encoding="utf-8")

    return save


def _show(console: Console, results: Results, *, judged: bool) -> None:
    for model in results.models:
        console.print(services_table(results, model))
        console.print(parity_table(results, model))
    for line in given_up(results):
        console.print(line, style="red")
    if results.client:
        console.print(client_line(results.client))
    if judged:
        console.print(goals_table(goals(results)))


if __name__ == "__main__":
    sys.exit(main())
