"""Measure the service on a GPU: `make gpu`, or

    python -m benchmarks.gpu [--model NAME ...] [--seconds S] [--budget S] [--max-batch N] [--lanes N] [--quick]
        [--record]

Without a GPU it is a rehearsal on the CPU, and the output says so. Writes gpu.json, after each measurement, and a plot
into `benchmarks/cache/results/gpu`; with `--record`, which wants a GPU, they replace those in `benchmarks/results/gpu`
at the end. What the budget of time didn't suffice for is named in the results.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.gpu.device import gpus, watched
from benchmarks.gpu.limit import measure
from benchmarks.gpu.machine import describe
from benchmarks.gpu.report import limits_table, plot, table
from benchmarks.gpu.results import CONCURRENCIES, HIGHEST, Cell, Results, Start
from benchmarks.gpu.services import FEW_CORES, FLOAT32, HALF, Candidate, candidates, held_to
from benchmarks.recording import add_record, results_folder
from benchmarks.serving import ROOT
from benchmarks.serving.client.load import MissingWrkError, run_load
from benchmarks.serving.models import IMAGE_MODELS, BenchmarkModel, benchmark_model
from benchmarks.serving.servers.peers import UnavailableError
from benchmarks.serving.servers.processes import adopt_orphans, stop_all, usage
from benchmarks.serving.servers.services import Running, check_answers, serve

WIDTH = 150
QUICK = 2  # services
LIMITS = ((HALF, False), (FLOAT32, False), (HALF, True))  # precision, XLA
START_SHARE = 15.0  # seconds that a service needs beside its load; less left: it isn't begun


class Measuring:
    """One run, and the time that is left of its budget."""

    def __init__(self, options: argparse.Namespace, folder: Path, console: Console) -> None:
        self._options, self._folder, self._console = options, folder, console
        self._gpu = bool(gpus())
        self._end = time.monotonic() + options.budget
        self.results = Results(describe(gpu=self._gpu))

    def run(self, model: BenchmarkModel) -> None:
        every = candidates(gpu=self._gpu, max_batch=self._options.max_batch, lanes=self._options.lanes)
        chosen = every[:QUICK] if self._options.quick else every
        self._service(model, chosen[0])
        self._limits(model, 0)
        for candidate in chosen[1:]:
            self._service(model, candidate)
            if candidate.cores and candidate.service is chosen[0].service:
                self._limits(model, FEW_CORES)

    def _left(self) -> float:
        left: float = self._end - time.monotonic()
        return left

    def _limits(self, model: BenchmarkModel, cores: int) -> None:
        name = f"{model.name}, {cores} cores" if cores else model.name
        for precision, xla in LIMITS if self._gpu and not cores else ((HALF if self._gpu else FLOAT32, False),):
            if self._left() < START_SHARE:
                self.results.skipped[f"limit of {name}, {precision}{', XLA' * xla}"] = "no time was left"
                continue
            self._console.print(f"{name}: the limit in {precision}{', XLA' * xla}", style="dim")
            quick = self._options.quick
            with held_to(cores):
                found = measure(
                    model.name,
                    self._options.seconds / 3,
                    precision,
                    xla=xla,
                    quick=quick,
                    timeout=min(self._left(), 60.0) if not quick else 600.0,
                )
            self.results.limits.setdefault(name, []).extend(found)
            self._save()

    def _service(self, model: BenchmarkModel, candidate: Candidate) -> None:
        name = candidate.name
        if self._left() < START_SHARE + len(CONCURRENCIES) * self._options.seconds:
            self.results.skipped[f"{model.name}: {name}"] = "no time was left"
            return
        self._console.print(f"{model.name}: {name}", style="dim")
        try:
            with held_to(candidate.cores) as free, serve(candidate.service, model) as running:
                free()
                parity = check_answers(running, candidate.service, model)
                self.results.starts.append(
                    Start(model.name, name, running.startup_seconds, parity.agreement, parity.difference)
                )
                self._loads(model, name, running)
        except UnavailableError as error:
            self.results.skipped[f"{model.name}: {name}"] = str(error)
        self._save()

    def _loads(self, model: BenchmarkModel, name: str, running: Running) -> None:
        run_load(running.target, HIGHEST, max(1.0, self._options.seconds / 2))
        for concurrency in CONCURRENCIES:
            before = usage().cpu_seconds
            with watched() as figures:
                load = run_load(running.target, concurrency, self._options.seconds)
                state = figures()
            cpu_ms = (usage().cpu_seconds - before) * 1e3 / max(load.answers, 1)
            self.results.cells.append(Cell(model.name, name, concurrency, load, cpu_ms, state))
            self._save()

    def _save(self) -> None:
        text = json.dumps(self.results.to_json(), indent=1) + "\n"
        (self._folder / "gpu.json").write_text(text, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    folder = results_folder(record=False) / "gpu"
    folder.mkdir(exist_ok=True)
    console = Console(width=max(Console().width, WIDTH))
    if not gpus():
        console.print("A rehearsal: this machine has no GPU, so everything below was measured on its CPU.")
    adopt_orphans()
    measuring = Measuring(options, folder, console)
    try:
        for name in options.model:
            measuring.run(_model(name))
    except (MissingWrkError, subprocess.CalledProcessError) as error:
        print(f"error: {getattr(error, 'stderr', None) or error}", file=sys.stderr)
        return 1
    finally:
        stop_all()
    results = measuring.results
    console.print(limits_table(results))
    for name in options.model:
        console.print(table(results, name))
        for goal, ratio in results.ratios(name).items():
            console.print(f"{name}: {goal} = {ratio:.2f}")
        plot(results, name, folder / f"{name}.png")
    for what, reason in results.skipped.items():
        console.print(f"not measured: {what}: {reason}")
    if options.record:
        folder = shutil.copytree(folder, results_folder(record=True) / "gpu", dirs_exist_ok=True)
    console.print(f"written to {folder.relative_to(ROOT)}/gpu.json")
    return 0


def _model(name: str) -> BenchmarkModel:
    """Made on the CPU, so that the answers it is held to are float32's."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    try:
        return benchmark_model(name)
    finally:
        if visible is None:
            del os.environ["CUDA_VISIBLE_DEVICES"]
        else:
            os.environ["CUDA_VISIBLE_DEVICES"] = visible


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description="Measure the service on a GPU.")
    parser.add_argument("--model", nargs="+", choices=IMAGE_MODELS, default=list(IMAGE_MODELS), help="default: all")
    parser.add_argument("--seconds", type=float, default=6.0, help="of each concurrency (default: %(default)s)")
    parser.add_argument("--budget", type=float, default=3600.0, help="seconds for all (default: %(default)s)")
    parser.add_argument("--max-batch", type=int, default=64, help="of our service (default: %(default)s)")
    parser.add_argument("--lanes", type=int, default=3, help="of our service (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="our service and the classic score.py, one batch")
    add_record(parser)
    options = parser.parse_args(arguments)
    if options.record and not gpus():
        parser.error("a rehearsal isn't recorded: this machine has no GPU")
    return options


if __name__ == "__main__":
    sys.exit(main())
