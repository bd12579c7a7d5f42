"""`python -m benchmarks`: run every measurement, print it, and write `benchmarks/results.json`."""

import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import pipeline, release, workspace
from benchmarks.machine import machine
from steps.client import percentile

RESULTS = Path(__file__).with_name("results.json")
PACKAGES = ("azureml-core", "azureml-pipeline-core", "tensorflow-cpu", "azureml-inference-server-http")


def main() -> None:
    console = Console()
    results = {}
    measurements = (
        ("release", "s", release.measure),
        ("local workspace", "ms", workspace.measure),
        (f"{pipeline.STEPS} trivial steps", "s", partial(_in_its_own_process, pipeline.measure)),
    )
    for title, unit, measure in measurements:
        measured = measure()
        results[title] = {kind: _summary(values) | {"unit": unit} for kind, values in measured.items()}
        console.print(_table(f"{title}, {unit}", measured))
    RESULTS.write_text(json.dumps({"machine": machine(PACKAGES), "results": results}, indent=1) + "\n")
    console.print(f"written to {RESULTS.relative_to(Path.cwd())}")


def _in_its_own_process(measure: Callable[[], dict[str, list[float]]]) -> dict[str, list[float]]:
    """The SDK keeps to the workspace that it was sent to when it was imported: one a process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure).result()


def _summary(values: list[float]) -> dict[str, float | int]:
    shown = {name: round(percentile(values, percent), 2) for name, percent in (("p50", 50.0), ("p99", 99.0))}
    return shown | {"min": round(min(values), 2), "rounds": len(values)}


def _table(title: str, measured: dict[str, list[float]]) -> Table:
    table = Table("what", "p50", "p99", "min", "rounds", title=title)
    for kind, values in measured.items():
        table.add_row(kind, *(str(value) for value in _summary(values).values()))
    return table


if __name__ == "__main__":
    main()
