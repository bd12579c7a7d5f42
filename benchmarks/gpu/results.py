"""What was measured, and the ratios that the goals are about."""

from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.gpu.services import HALF, TF32
from benchmarks.serving.client.load import Load

CONCURRENCIES = (1, 8, 32, 128)
HIGHEST = CONCURRENCIES[-1]


@dataclass(frozen=True)
class Cell:
    """One service under one concurrency."""

    model: str
    service: str
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
    seconds: float
    """From the start of the process to the first answer, every batch size warmed up."""

    agreement: float | None
    difference: float | None
    """Of all samples' answers with the original SavedModel's, computed on the CPU in float32."""


@dataclass
class Results:
    """Everything of one run; grows while it goes on."""

    machine: dict[str, Any]
    limits: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """By model and number of cores, as "resnet50, 4 cores"."""

    starts: list[Start] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    """Why there are no figures of a limit or service."""

    def limit(self, model: str, precision: str) -> float | None:
        """The most images a second of all ways, batches and threads."""
        rates = [point["rate"] for point in self._points(model, precision) if "rate" in point]
        return max(rates, default=None)

    def limit_ms(self, model: str, precision: str) -> float | None:
        """The fewest milliseconds for one image at a time."""
        return min((point["p50_ms"] for point in self._points(model, precision) if "p50_ms" in point), default=None)

    def cell(self, model: str, service: str, concurrency: int) -> Cell | None:
        found = (
            one for one in self.cells if (one.model, one.service, one.concurrency) == (model, service, concurrency)
        )
        return next(found, None)

    def ratios(self, model: str) -> dict[str, float]:
        """The goals' ratios, of what was measured."""
        half = f"ours, {HALF}"
        wanted = {
            "float16 / limit": (self._rate(model, half), self.limit(model, "float16")),
            "float16 / seed": (self._rate(model, half), self._rate(model, "seed")),
            "float16, two processes / one": (self._rate(model, f"{half}, two processes"), self._rate(model, half)),
            "TF32 / limit": (self._rate(model, TF32), self.limit(model, "float32")),
            "TF32 / FastAPI": (self._rate(model, TF32), self._rate(model, "FastAPI")),
            "float16, p50 alone / limit": (self._alone(model, half), self.limit_ms(model, "float16")),
            "TF32, p50 alone / limit": (self._alone(model, TF32), self.limit_ms(model, "float32")),
        }
        return {name: above / below for name, (above, below) in wanted.items() if above and below}

    def to_json(self) -> dict[str, Any]:
        models = dict.fromkeys(cell.model for cell in self.cells)
        return {
            "machine": self.machine,
            "ratios": {model: self.ratios(model) for model in models},
            "limits": self.limits,
            "starts": [asdict(one) for one in self.starts],
            "cells": [asdict(one) for one in self.cells],
            "skipped": self.skipped,
        }

    def _points(self, model: str, precision: str) -> list[dict[str, Any]]:
        return [point for point in self.limits.get(model, []) if point["precision"] == precision]

    def _rate(self, model: str, service: str) -> float | None:
        cell = self.cell(model, service, HIGHEST)
        return cell.load.rate if cell else None

    def _alone(self, model: str, service: str) -> float | None:
        cell = self.cell(model, service, 1)
        return cell.load.p50_ms if cell else None
