"""`python -m benchmarks`: run every measurement, print it, and write `benchmarks/cache/results/all.json`."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import pipeline, release, workspace
from benchmarks.machine import machine
from benchmarks.recording import results_folder
from benchmarks.router import CONCURRENCY
from benchmarks.serving import ROOT
from benchmarks.serving.client.load import MissingWrkError, wrk_version
from steps.querying.client import percentile

PACKAGES = ("azureml-core", "azureml-pipeline-core", "azure-ai-ml", "tensorflow-cpu", "azureml-inference-server-http")


def main() -> None:
    console = Console()
    results = {}
    for title, unit, measured in _measurements():
        results[title] = {kind: _summary(values) | {"unit": unit} for kind, values in measured.items()}
        console.print(_table(f"{title}, {unit}", measured))
    file = results_folder(record=False) / "all.json"
    file.write_text(json.dumps({"machine": machine(PACKAGES), "results": results}, indent=1) + "\n")
    console.print(f"written to {file.relative_to(ROOT)}")


def _measurements() -> Iterator[tuple[str, str, dict[str, list[float]]]]:
    """Title, unit, and the values by kind. Each beside the first two has a workspace of its own, and so a process."""
    yield "release", "s", release.measure()
    yield "local workspace", "ms", workspace.measure()
    yield f"{pipeline.STEPS} trivial steps", "s", _in_its_own_process("benchmarks.pipeline")
    yield "SDK v2: steps and deployments", "s", _in_its_own_process("benchmarks.sdk_v2")
    try:
        wrk_version()
    except MissingWrkError as error:
        print(f"router: left out. {error}", file=sys.stderr)
        return
    rounds = _in_its_own_process("benchmarks.router")
    yield f"router, {CONCURRENCY} connections", "answers/s", {kind: one["rates"] for kind, one in rounds.items()}
    yield "router, p99 of one connection", "ms", {kind: one["p99_ms"] for kind, one in rounds.items()}


def _in_its_own_process(module: str) -> Any:
    """What `python -m MODULE --json` prints: the SDK keeps to the workspace that it first saw."""
    command = [sys.executable, "-m", module, "--json"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


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
