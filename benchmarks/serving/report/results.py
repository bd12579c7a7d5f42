"""What was measured, kept whole for the JSON, and the medians that the table, the plot and the goals are made of."""

import statistics
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.serving.client.load import Load

CONCURRENCIES = (1, 8, 32)
HIGHEST = CONCURRENCIES[-1]
MODEL_ALONE = "model alone"


@dataclass(frozen=True)
class Cell:
    """One service under one concurrency in one round."""

    model: str
    service: str
    round: int
    concurrency: int
    load: Load
    cpu_ms: float
    """Processor time of all its processes for one answer, in milliseconds."""

    memory_mib: float


@dataclass(frozen=True)
class Startup:
    """From the start of the process to the first correct answer."""

    model: str
    service: str
    round: int
    seconds: float


@dataclass(frozen=True)
class ParityCheck:
    """How far one service's probabilities are from the original SavedModel's in one round, and validation's verdict."""

    model: str
    service: str
    round: int
    samples: int
    agreement: float
    difference: float
    passed: bool
    required: str
    """The thresholds."""


@dataclass(frozen=True)
class Limit:
    """What the model alone reaches in one round, without HTTP: requests a second by batch and threads."""

    model: str
    round: int
    rates: dict[str, float]


@dataclass(frozen=True)
class Overload:
    """Our service under several times the load that it can answer."""

    model: str
    peak: float
    """Answers of status 200 a second at the highest concurrency, right before."""

    demand: float
    """Requests a second that the client would have sent, had each been read at once."""

    load: Load
    memory_mib: tuple[float, ...]
    """One sample a second."""

    @property
    def answered(self) -> float:
        """Answers of any status a second."""
        return self.load.answers / self.load.seconds

    @property
    def kept(self) -> float:
        """Throughput as a share of the peak."""
        return self.load.rate / self.peak if self.peak else 0.0

    @property
    def growth(self) -> float:
        """Growth of memory as a share: the last quarter against the second, since the first fills queues."""
        quarter = len(self.memory_mib) // 4
        if not quarter:
            return 0.0
        second = statistics.median(self.memory_mib[quarter : 2 * quarter])
        return statistics.median(self.memory_mib[-quarter:]) / second - 1

    @property
    def unexpected(self) -> int:
        """Answers other than 200 and 503, and requests without an answer."""
        return self.load.faults - self.load.statuses.get("503", 0)


@dataclass(frozen=True)
class Summary:
    """Medians over the rounds of one service under one concurrency."""

    rate: float
    lowest_rate: float
    highest_rate: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    memory_mib: float
    faults: int
    """Sum over the rounds of answers that weren't 200 and requests without an answer."""


@dataclass
class Results:
    """Everything of one run; grows while it goes on."""

    machine: dict[str, object]
    services: dict[str, str]
    """Name and kind of every service that was asked for, in the order of the table."""

    cells: list[Cell] = field(default_factory=list)
    startups: list[Startup] = field(default_factory=list)
    parities: list[ParityCheck] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    overloads: list[Overload] = field(default_factory=list)
    skipped: dict[str, dict[str, str]] = field(default_factory=dict)
    """By model and service, why there are no figures."""

    client: Load | None = None
    """The load client against a server that does nothing."""

    @property
    def models(self) -> list[str]:
        return list(dict.fromkeys(cell.model for cell in self.cells))

    def summary(self, model: str, service: str, concurrency: int) -> Summary | None:
        cells = [
            cell for cell in self.cells if (cell.model, cell.service, cell.concurrency) == (model, service, concurrency)
        ]
        return summarise(cells) if cells else None

    def startup(self, model: str, service: str) -> float | None:
        seconds = [one.seconds for one in self.startups if (one.model, one.service) == (model, service)]
        return statistics.median(seconds) if seconds else None

    def parity(self, model: str, service: str) -> ParityCheck | None:
        """The worst round: with the fewest images that agree, or else the largest difference."""
        found = [one for one in self.parities if (one.model, one.service) == (model, service)]
        return min(found, key=lambda one: (one.passed, one.agreement, -one.difference), default=None)

    def limit(self, model: str) -> float | None:
        """The best of the combinations of batch and threads, each the median over the rounds."""
        rounds = [one.rates for one in self.limits if one.model == model]
        if not rounds:
            return None
        return max(statistics.median(rates[name] for rates in rounds) for name in rounds[0])

    def to_json(self) -> dict[str, Any]:
        return {
            "machine": self.machine,
            "client_without_a_server": self.client and asdict(self.client),
            "medians": {model: self._medians(model) for model in self.models},
            "overload": [
                {**asdict(one), "answered": one.answered, "kept": one.kept, "growth": one.growth}
                for one in self.overloads
            ],
            "parity": [asdict(one) for one in self.parities],
            "skipped": self.skipped,
            "rounds": {
                "cells": [asdict(cell) for cell in self.cells],
                "startups": [asdict(one) for one in self.startups],
                "limits": [asdict(one) for one in self.limits],
            },
        }

    def _medians(self, model: str) -> dict[str, Any]:
        medians: dict[str, Any] = {MODEL_ALONE: self.limit(model)}
        for service in self.services:
            found = {f"{c}": self.summary(model, service, c) for c in CONCURRENCIES}
            by_concurrency = {c: asdict(summary) for c, summary in found.items() if summary}
            if by_concurrency:
                medians[service] = {"startup_seconds": self.startup(model, service), "concurrency": by_concurrency}
        return medians


def summarise(cells: list[Cell]) -> Summary:
    """Medians of `cells`, which must not be empty."""
    rates = [cell.load.rate for cell in cells]
    return Summary(
        rate=statistics.median(rates),
        lowest_rate=min(rates),
        highest_rate=max(rates),
        p50_ms=statistics.median(cell.load.p50_ms for cell in cells),
        p99_ms=statistics.median(cell.load.p99_ms for cell in cells),
        cpu_ms=statistics.median(cell.cpu_ms for cell in cells),
        memory_mib=statistics.median(cell.memory_mib for cell in cells),
        faults=sum(cell.load.faults for cell in cells),
    )
