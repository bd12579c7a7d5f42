"""`python -m benchmarks.loop --against COMMIT`: how long a release takes here, and took at that commit.

Both take turns, release by release, each in a local workspace that is new in every round, and the one that was second
in a round is first in the next: what else the machine does meanwhile slows both. The sample is trained before. A ratio
is the median of the rounds' ratios.
"""

import argparse
import json
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from benchmarks.loop.checkout import Checkout, checkout, this_checkout
from benchmarks.loop.waiting import WAITS, Seconds, side_of
from benchmarks.machine import machine

ROUNDS = 3
PACKAGES = ("azureml-core", "azureml-pipeline-core", "tensorflow-cpu", "azureml-inference-server-http")


def measure(sides: Sequence[Checkout], rounds: int, sample: Path) -> list[dict[str, Seconds]]:
    """Seconds by what was waited for, by side; one such for each round."""
    return [_round(sides if number % 2 == 0 else sides[::-1], sample) for number in range(rounds)]


def _round(checkouts: Sequence[Checkout], sample: Path) -> dict[str, Seconds]:
    measured: dict[str, Seconds] = {checkout.name: {} for checkout in checkouts}
    with ExitStack() as stack:
        sides = [stack.enter_context(side_of(checkout, sample)) for checkout in checkouts]
        for wait in WAITS:
            for side in sides:
                for kind, values in wait(side).items():
                    measured[side.checkout.name].setdefault(kind, []).extend(values)
    return measured


def summary(measured: Sequence[Mapping[str, Seconds]], before: str, now: str) -> dict[str, dict[str, float]]:
    """Medians of both, and the median of the rounds' ratios, by what was waited for."""
    kinds = measured[0][before].keys() & measured[0][now].keys()
    return {
        kind: {
            before: round(median(value for one in measured for value in one[before][kind]), 2),
            now: round(median(value for one in measured for value in one[now][kind]), 2),
            "ratio": round(median(median(one[now][kind]) / (median(one[before][kind]) or 1) for one in measured), 2),
        }
        for kind in measured[0][before]
        if kind in kinds
    }


def table(found: Mapping[str, Mapping[str, float]], rounds: int) -> Table:
    names = next(iter(found.values()))
    shown = Table("seconds", *names, title=f"medians of {rounds} rounds")
    for column in shown.columns[1:]:
        column.justify = "right"
    for kind, values in found.items():
        shown.add_row(kind, *(f"{value:.2f}" for value in values.values()))
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", required=True, metavar="COMMIT", help="the commit before")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every round's seconds there, too")
    arguments = parser.parse_args()
    before, now = checkout(arguments.against), this_checkout()
    with TemporaryDirectory() as folder:
        subprocess.run([now.command, "sample"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        measured = measure([before, now], arguments.rounds, Path(folder) / "sample")
    found = summary(measured, before.name, now.name)
    Console().print(table(found, arguments.rounds))
    if arguments.json:
        result = {"machine": machine(PACKAGES), "against": before.name, "summary": found, "rounds": measured}
        arguments.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
