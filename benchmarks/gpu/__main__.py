"""Measure the service on a GPU: `make gpu`, or

    python -m benchmarks.gpu [--model NAME ...] [--only WORD ...] [--seconds S] [--budget S] [--rounds N]
                             [--max-batch N] [--lanes N] [--quick] [--record]

Without a GPU it is a rehearsal on the CPU, and its output says so. First what tells most, as far as the budget of time
goes: services and the machine's own limit, two services on one GPU and what they do when its memory is full, starts
with what was compiled kept, a release of the sample. Then again from the first, for as many rounds; the figures are
medians. Writes gpu.json, after each measurement, a plot for each model, and the release's artifacts into
`benchmarks/cache/results/gpu`, of which an earlier run's results are removed first; with `--record`, which wants a GPU,
they replace those in `benchmarks/results/gpu` at the end.
"""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.gpu.device import gpus
from benchmarks.gpu.machine import describe
from benchmarks.gpu.measuring import Measuring, Plan, model_made_on_cpu
from benchmarks.gpu.order import order
from benchmarks.gpu.report.plot import plot
from benchmarks.gpu.report.results import Results
from benchmarks.gpu.report.tables import summary, tables
from benchmarks.gpu.services import Ours
from benchmarks.recording import add_record, results_folder
from benchmarks.serving import ROOT
from benchmarks.serving.client.load import MissingWrkError, wrk_version
from benchmarks.serving.models import IMAGE_MODELS
from benchmarks.serving.servers.peers import last_line
from benchmarks.serving.servers.processes import adopt_orphans, stop_all

INTERRUPTED = 130
REHEARSAL = "A rehearsal: this machine has no GPU, so everything below was measured on its CPU."


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    console = Console()
    folder = results_folder(record=False) / "gpu"
    results = Results(describe(gpu=bool(gpus())), vars(options))
    try:
        wrk_version()
        clear(folder)
        if not gpus():
            console.print(REHEARSAL)
        code = _measured(plan(options), results, folder, console)
    except MissingWrkError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for table in tables(results):
        console.print(table)
    for model in dict.fromkeys(start.model for start in results.starts):
        plot(results, model, folder / f"{model}.png")
    for line in summary(results):
        console.print(line, soft_wrap=True, highlight=False)
    if options.record and not code:
        folder = shutil.copytree(folder, results_folder(record=True) / "gpu", dirs_exist_ok=True)
    if not gpus():
        console.print(REHEARSAL)
    console.print(f"written to {folder.relative_to(ROOT)}/gpu.json", soft_wrap=True)
    return code


def plan(options: argparse.Namespace) -> Plan:
    ours = Ours(bool(gpus()), options.max_batch, options.lanes)
    every = order(options.model, ours, quick=options.quick)
    measurements = [one for one in every if not options.only or any(word in one.name for word in options.only)]
    rounds = 1 if options.quick else options.rounds
    return Plan(measurements, options.model, ours, options.seconds, rounds, options.budget, quick=options.quick)


def _measured(wanted: Plan, results: Results, folder: Path, console: Console) -> int:
    """The exit code; whatever it is, `results` has what was measured."""
    adopt_orphans()

    def tell(text: str) -> None:
        console.print(text, style="dim", highlight=False)

    measuring = Measuring(wanted, results, folder, tell, model_made_on_cpu)
    try:
        measuring.run()
    except KeyboardInterrupt:
        results.skipped["all that would have come next"] = "interrupted"
        return INTERRUPTED
    except subprocess.CalledProcessError as error:
        print(f"error: {last_line(str(error.stderr or error))}", file=sys.stderr)
        return 1
    finally:
        stop_all()
        measuring.save()
    return 0


def clear(folder: Path) -> None:
    """No result of an earlier run may be taken for one of this."""
    shutil.rmtree(folder / "release", ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    for file in (*folder.glob("gpu.json*"), *folder.glob("*.png")):
        file.unlink()


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description="Measure the service on a GPU.")
    parser.add_argument("--model", nargs="+", choices=IMAGE_MODELS, default=list(IMAGE_MODELS), help="default: all")
    parser.add_argument("--only", nargs="+", metavar="WORD", help="what has one of these in its name, as: memory")
    parser.add_argument("--seconds", type=float, default=6.0, help="of each concurrency (default: %(default)s)")
    parser.add_argument(
        "--budget", type=float, default=3600.0, help="seconds, beside installations (default: %(default)s)"
    )
    parser.add_argument("--rounds", type=int, default=2, help="as far as the budget goes (default: %(default)s)")
    parser.add_argument("--max-batch", type=int, default=64, help="of our service (default: %(default)s)")
    parser.add_argument("--lanes", type=int, default=3, help="of our service (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="our service, its limit and the classic score.py")
    add_record(parser)
    options = parser.parse_args(arguments)
    if options.record and not gpus():
        parser.error("a rehearsal isn't recorded: this machine has no GPU")
    return options


if __name__ == "__main__":
    sys.exit(main())
