"""The goals, as ratios between services of one run, and whether they were reached.

With JSON, ours is to be ahead of the classic score.py and of every peer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from benchmarks.serving.report.results import HIGHEST, Overload, Results
from benchmarks.serving.servers.services import NO_BFLOAT16, OURS, OURS_BFLOAT16, SEED, has_bfloat16

MODELS = ("resnet50", "tiny")
JSON_MODELS = ("tabular", "tabular32")
FLAT = 0.05  # growth of memory, as a share


@dataclass(frozen=True)
class Goal:
    """One line of the table of goals; `measured` is None where there is nothing to compare, and `note` says why."""

    work: str
    what: str
    needed: float
    measured: float | None
    at_most: bool = False
    note: str = ""

    @property
    def verdict(self) -> Literal["met", "not met", "skipped"]:
        if self.measured is None:
            return "skipped"
        met = self.measured <= self.needed if self.at_most else self.measured >= self.needed
        return "met" if met else "not met"


def goals(results: Results) -> list[Goal]:
    """Every goal, in the order in which they were set."""
    found = [*_throughput(results, "resnet50", OURS, (1.6, 1.2), 0.95)]
    found += _bfloat16(results)
    found += _throughput(results, "tiny", OURS, (3.2, 1.3), None)
    found.append(_lowest("tiny", f"best p99 of all, concurrency {HIGHEST}", results, HIGHEST, "p99_ms"))
    found += [_lowest(model, "p50 better than all, concurrency 1", results, 1, "p50_ms") for model in MODELS]
    found += [goal for model in MODELS for goal in _overload(model, results)]
    found += [_startup(model, results) for model in MODELS]
    found += [goal for model in JSON_MODELS for goal in _json(model, results)]
    return found


def _json(model: str, results: Results) -> Iterator[Goal]:
    yield from _throughput(results, model, OURS, (1.0, 1.0), None)
    yield _lowest(model, f"best p99 of all, concurrency {HIGHEST}", results, HIGHEST, "p99_ms")
    yield _lowest(model, "p50 better than all, concurrency 1", results, 1, "p50_ms")
    yield from _overload(model, results)
    yield _startup(model, results)


def ratio(ours: float | None, other: float | None) -> float | None:
    return ours / other if ours is not None and other else None


def _rate(results: Results, model: str, service: str) -> float | None:
    summary = results.summary(model, service, HIGHEST)
    return summary.rate if summary else None


def best_peer(results: Results, model: str) -> tuple[str, float | None]:
    """The peer with the highest throughput at the highest concurrency, and that throughput."""
    rates = {name: _rate(results, model, name) for name, kind in results.services.items() if kind == "peer"}
    measured = {name: rate for name, rate in rates.items() if rate is not None}
    if not measured:
        return "no peer was measured", None
    best = max(measured, key=measured.__getitem__)
    return best, measured[best]


def _throughput(
    results: Results, model: str, service: str, needed: tuple[float, float], of_limit: float | None
) -> Iterator[Goal]:
    rate = _rate(results, model, service)
    work = f"{model} {'bfloat16' if service == OURS_BFLOAT16 else 'float32'}, concurrency {HIGHEST}"
    yield Goal(work, "throughput / seed", needed[0], ratio(rate, _rate(results, model, SEED)))
    name, best = best_peer(results, model)
    yield Goal(work, "throughput / best peer", needed[1], ratio(rate, best), note=name)
    if of_limit is not None:
        yield Goal(work, "throughput / model alone", of_limit, ratio(rate, results.limit(model)))


def _bfloat16(results: Results) -> Iterator[Goal]:
    note = _parity_note(results) if has_bfloat16(results.machine["cpu_features"]) else NO_BFLOAT16
    for goal in _throughput(results, "resnet50", OURS_BFLOAT16, (2.7, 1.9), None):
        yield Goal(goal.work, goal.what, goal.needed, goal.measured, note=note or goal.note)


def _parity_note(results: Results) -> str:
    worst = results.parity("resnet50", OURS_BFLOAT16)
    if worst is None:
        return ""
    return f"parity {'passed' if worst.passed else 'refused'}: {worst.agreement:.1%} of {worst.samples} samples agree"


def _lowest(model: str, what: str, results: Results, concurrency: int, figure: Literal["p50_ms", "p99_ms"]) -> Goal:
    """The lowest latency of all others over ours: at least 1 when ours is the lowest."""
    found: dict[str, float] = {}
    for name, kind in results.services.items():
        summary = results.summary(model, name, concurrency)
        if summary and (kind != "ours" or name == OURS):
            found[name] = getattr(summary, figure)
    ours = found.pop(OURS, None)
    if ours is None or not found:
        return Goal(model, what, 1.0, None, note="nothing to compare with")
    best = min(found, key=found.__getitem__)
    return Goal(model, what, 1.0, ratio(found[best], ours), note=f"next: {best}")


def _overload(model: str, results: Results) -> Iterator[Goal]:
    runs: list[Overload] = [one for one in results.overloads if one.model == model]
    if not runs:
        reason = results.skipped.get(model, {}).get(f"{OURS}, overload", "not asked for")
        yield Goal(f"{model}, overload", "throughput / peak", 0.95, None, note=reason)
        return
    run = runs[-1]
    work = f"{model}, overload"
    answered = f"answered: {run.answered / run.peak:.1f} x peak" if run.peak else "no answer at the peak"
    yield Goal(work, "demand / peak", 4.0, ratio(run.demand, run.peak), note=answered)
    yield Goal(work, "answers other than 200 and 503", 0.0, float(run.unexpected), at_most=True)
    yield Goal(work, "throughput / peak", 0.95, run.kept)
    yield Goal(work, "growth of memory", FLAT, run.growth, at_most=True)


def _startup(model: str, results: Results) -> Goal:
    measured = ratio(results.startup(model, OURS), results.startup(model, SEED))
    return Goal(f"{model}, start-up", "seconds / seed's seconds", 1.0, measured, at_most=True)
