"""What each knob of our service does: `python -m benchmarks.serving.knobs [--rounds N] [--seconds S] [--record]`.

Every variant differs from the defaults in one thing; rates are ratios to the defaults' in the same round.
"""

import argparse
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks.machine import cpu, machine
from benchmarks.recording import add_record, results_folder
from benchmarks.serving import CACHE, ROOT
from benchmarks.serving.client.load import run_load
from benchmarks.serving.client.wires import OUR_WIRES
from benchmarks.serving.models import IMAGE_MODELS, BenchmarkModel, benchmark_model
from benchmarks.serving.report.results import HIGHEST
from benchmarks.serving.rounds import rotated
from benchmarks.serving.servers.services import Service, has_bfloat16, inference_server, our_variables, serve
from scoring.model.frozen_graph import FOLDER

DEFAULTS, UNFROZEN, BFLOAT16 = "defaults", "frozen graph: no", "precision: bfloat16"
XLA = {"SCORING_XLA": "1", "TF_XLA_FLAGS": "--tf_xla_cpu_global_jit"}
VARIANTS: Mapping[str, Mapping[str, str]] = {
    DEFAULTS: {},
    UNFROZEN: {},
    "oneDNN: no": {"TF_ENABLE_ONEDNN_OPTS": "0"},
    "XLA": XLA,
    "max_batch: 1": {"SCORING_MAX_BATCH": "1"},
    "max_batch: 4": {"SCORING_MAX_BATCH": "4"},
    "max_batch: 32": {"SCORING_MAX_BATCH": "32"},
    "lanes: 1": {"SCORING_LANES": "1"},
    "lanes: 4": {"SCORING_LANES": "4"},
    BFLOAT16: {"SCORING_PRECISION": "bfloat16"},
    "server: plain": {"GUNICORN_CMD_ARGS": ""},
    "server: plain, 32 threads": {"GUNICORN_CMD_ARGS": "--threads 32"},
}
Figures = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=5.0)
    add_record(parser)
    options = parser.parse_args()
    console = Console(width=120)
    results: dict[str, dict[str, Figures]] = {}
    for model in map(benchmark_model, IMAGE_MODELS):
        rounds = [dict(_round(model, number, options.seconds, console)) for number in range(options.rounds)]
        results[model.name] = {name: summarise([one[name] for one in rounds]) for name in rounds[0]}
        console.print(_table(model.name, results[model.name]))
    document = {"machine": machine(("tensorflow-cpu", "uvicorn", "gunicorn")), "results": results}
    file = results_folder(record=options.record) / "knobs.json"
    file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _round(model: BenchmarkModel, number: int, seconds: float, console: Console) -> Iterator[tuple[str, Figures]]:
    possible = [name for name in VARIANTS if name != BFLOAT16 or has_bfloat16(cpu()[1])]
    for name in rotated(possible, number):
        console.print(f"{model.name}, round {number + 1}: {name}", style="dim")
        precision = "bfloat16" if name == BFLOAT16 else "float32"
        service = Service(name, "ours", inference_server(ROOT, partial(_variables, name)), OUR_WIRES, precision)
        with serve(service, _unfrozen(model) if name == UNFROZEN else model) as running:
            run_load(running.target, HIGHEST, seconds / 2)
            alone, many = (run_load(running.target, count, seconds) for count in (1, HIGHEST))
            yield (
                name,
                {
                    "rate": many.rate,
                    "p99_ms": many.p99_ms,
                    "p50_ms_alone": alone.p50_ms,
                    "startup_seconds": running.startup_seconds,
                    "faults": alone.faults + many.faults,
                },
            )


def _variables(name: str) -> Mapping[str, str]:
    return {**our_variables(), **VARIANTS[name]}


def _unfrozen(model: BenchmarkModel) -> BenchmarkModel:
    """A copy that carries no frozen graph."""
    folder = CACHE / "unfrozen" / model.name / "1"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(model.folder, folder, ignore=shutil.ignore_patterns(Path(FOLDER).name))
    return replace(model, folder=folder)


def summarise(rounds: Sequence[Figures]) -> Figures:
    """The median of each figure."""
    return {key: median(one[key] for one in rounds) for key in rounds[0]}


def _table(title: str, results: Mapping[str, Figures]) -> Table:
    table = Table("knob", "images/s", "x defaults", "p99 ms", "p50 ms alone", "start s", "faults", title=title)
    base = results[DEFAULTS]["rate"]
    for name, figures in results.items():
        rate, *rest = figures.values()
        table.add_row(name, f"{rate:.1f}", f"{rate / base:.2f}", *(f"{value:.1f}" for value in rest))
    return table


if __name__ == "__main__":
    main()
