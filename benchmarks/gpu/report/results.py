"""What was measured, and the ratios that the goals are about."""

from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from benchmarks.serving.client.load import Load

CONCURRENCIES = (1, 8, 32, 128)
HIGHEST = CONCURRENCIES[-1]
RATIOS: dict[str, tuple[str, str | tuple[str, bool]]] = {
    "float16 / limit": ("ours, float16", ("float16", False)),
    "TF32 / limit": ("ours, float32 (TF32)", ("float32", False)),
    "float16 with XLA / limit with XLA": ("ours, float16, XLA", ("float16", True)),
    "float16 / FastAPI": ("ours, float16", "FastAPI"),
    "TF32 / FastAPI": ("ours, float32 (TF32)", "FastAPI"),
    "float16 / seed": ("ours, float16", "seed"),
    "float16, two processes / one": ("ours, float16, two processes", "ours, float16"),
    "float32 / limit": ("ours, float32", ("float32", False)),
    "float32 / FastAPI": ("ours, float32", "FastAPI"),
    "float32 / seed": ("ours, float32", "seed"),
    "float32, two processes / one": ("ours, float32, two processes", "ours, float32"),
}
"""What is above, and below: a service, or the limit by its precision and whether with XLA."""


@dataclass(frozen=True)
class Cell:
    """One service under one concurrency."""

    model: str
    service: str
    round: int
    concurrency: int
    load: Load
    cpu_ms: float
    """Processor time of all its processes for one answer, in milliseconds."""

    gpu: dict[str, float]
    """Medians of utilisation, clock, power and memory while it was asked."""


@dataclass(frozen=True)
class Start:
    model: str
    service: str
    group: str
    """What it is compared with."""

    round: int
    seconds: float
    """From the start of the process to the first answer, every batch size warmed up."""

    agreement: float | None
    difference: float | None
    """Of all samples' answers with the original SavedModel's, computed on the CPU in float32."""


@dataclass(frozen=True)
class Summary:
    """A service under one concurrency: medians of the rounds."""

    concurrency: int
    rate: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    gpu_percent: float | None
    gpu_mib: float | None
    faults: int
    """Of all rounds."""

    rounds: int


@dataclass
class Results:
    """Everything of one run; grows while it goes on."""

    machine: dict[str, Any]
    options: dict[str, Any] = field(default_factory=dict)
    limits: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """By model and number of cores, as "resnet50, 4 cores"."""

    starts: list[Start] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    memory: list[dict[str, Any]] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    """Starts with an empty and a filled cache of what was compiled."""

    release: dict[str, Any] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    """Why there are no figures of a measurement, or not all."""

    seconds: float = 0.0
    """That the run has taken so far, without installations."""

    installing: float = 0.0

    def limit(self, model: str, precision: str, *, xla: bool = False) -> float | None:
        """The most images a second of all ways, batches and threads: the median of the rounds."""
        return _median_of_best(self._points(model, precision, xla, "rate"), max)

    def limit_ms(self, model: str, precision: str, *, xla: bool = False) -> float | None:
        """The fewest milliseconds for one image at a time: the median of the rounds."""
        return _median_of_best(self._points(model, precision, xla, "p50_ms"), min)

    def services(self, model: str) -> list[Start]:
        """The first start of each service of the model, in the order of measurement."""
        found: dict[str, Start] = {}
        for start in self.starts:
            if start.model == model:
                found.setdefault(start.service, start)
        return list(found.values())

    def start_seconds(self, model: str, service: str) -> float:
        """The median of its starts, of which there must be one."""
        return median(one.seconds for one in self.starts if (one.model, one.service) == (model, service))

    def summary(self, model: str, service: str, concurrency: int) -> Summary | None:
        wanted = (model, service, concurrency)
        cells = [one for one in self.cells if (one.model, one.service, one.concurrency) == wanted]
        return _summary(concurrency, cells) if cells else None

    def ratios(self, model: str) -> dict[str, float]:
        """The goals' ratios, of what was measured: of rates at HIGHEST, and of p50 alone."""
        found: dict[str, float | None] = {}
        for name, (above, below) in RATIOS.items():
            if isinstance(below, str):
                found[name] = _ratio(self._rate(model, above), self._rate(model, below))
                continue
            precision, xla = below
            found[name] = _ratio(self._rate(model, above), self.limit(model, precision, xla=xla))
            alone = self.summary(model, above, 1)
            limit = self.limit_ms(model, precision, xla=xla)
            found[f"{name}, p50 alone"] = _ratio(alone.p50_ms if alone else None, limit)
        return {name: ratio for name, ratio in found.items() if ratio is not None}

    def to_json(self) -> dict[str, Any]:
        models = dict.fromkeys(cell.model for cell in self.cells)
        return {
            "machine": self.machine,
            "options": self.options,
            "seconds": round(self.seconds, 1),
            "installing_seconds": round(self.installing, 1),
            "ratios": {model: self.ratios(model) for model in models},
            "limits": self.limits,
            "starts": [asdict(one) for one in self.starts],
            "cells": [asdict(one) for one in self.cells],
            "memory": self.memory,
            "kept": self.kept,
            "release": self.release,
            "skipped": self.skipped,
        }

    def _points(self, model: str, precision: str, xla: bool, figure: str) -> list[tuple[int, float]]:
        """The round and the figure of each point that has it."""
        points = self.limits.get(model, [])
        return [
            (point.get("round", 1), point[figure])
            for point in points
            if (point["precision"], point["xla"]) == (precision, xla) and figure in point
        ]

    def _rate(self, model: str, service: str) -> float | None:
        found = self.summary(model, service, HIGHEST)
        return found.rate if found else None


def _summary(concurrency: int, cells: list[Cell]) -> Summary:
    loads = [cell.load for cell in cells]
    return Summary(
        concurrency,
        median(load.rate for load in loads),
        median(load.p50_ms for load in loads),
        median(load.p99_ms for load in loads),
        median(cell.cpu_ms for cell in cells),
        _gpu(cells, "utilization.gpu"),
        _gpu(cells, "memory.used"),
        sum(load.faults for load in loads),
        len(cells),
    )


def _gpu(cells: list[Cell], figure: str) -> float | None:
    found = [cell.gpu[figure] for cell in cells if figure in cell.gpu]
    return median(found) if found else None


def _median_of_best(points: list[tuple[int, float]], best: Any) -> float | None:
    rounds = {number for number, _ in points}
    return median(best(figure for other, figure in points if other == number) for number in rounds) if points else None


def _ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above and below else None
