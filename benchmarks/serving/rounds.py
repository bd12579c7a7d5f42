"""The order of the measurements: every service once a round, each round beginning with another one.

Only one service runs at a time. What one measurement owes to the state of the machine thus falls on all services
alike, and the medians over the rounds can be compared.
"""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TypeVar

from benchmarks.serving import limit
from benchmarks.serving.client.answers import judge
from benchmarks.serving.client.load import run_load
from benchmarks.serving.models import BenchmarkModel
from benchmarks.serving.overload import overload
from benchmarks.serving.report.results import (
    CONCURRENCIES,
    HIGHEST,
    MODEL_ALONE,
    Cell,
    Limit,
    ParityCheck,
    Results,
    Startup,
)
from benchmarks.serving.servers.peers import UnavailableError, last_line
from benchmarks.serving.servers.processes import usage
from benchmarks.serving.servers.services import NULL, OURS, Service, check_answers, our_variables, serve
from steps.validation.parity import Parity

WARM_UP_SHARE = 0.5  # of the seconds that each concurrency is measured
LIMIT_SHARE = 0.5  # of the same, for each combination of batch and threads
CLIENT_SECONDS = 3.0

T = TypeVar("T")
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What to measure; `seconds` is the time of each concurrency, by model."""

    services: tuple[Service, ...]
    seconds: dict[str, float]
    rounds: int
    overload_seconds: float
    """0 leaves the overload out."""

    limit: bool
    """Whether to measure the model alone."""


def measure(
    plan: Plan, models: Sequence[BenchmarkModel], results: Results, tell: Tell, save: Callable[[], None]
) -> None:
    """Fill `results`; `tell` hears what goes on, `save` is called after each round and each service."""
    with serve(NULL, models[0]) as running:
        results.client = run_load(running.target, HIGHEST, CLIENT_SECONDS)
    _prepare(plan, models[0], results, tell)
    for model, number in product(models, range(plan.rounds)):
        seconds = plan.seconds[model.name]
        for service in rotated(plan.services, number):
            tell(f"{model.name}, round {number + 1} of {plan.rounds}: {service.name}")
            with _or_skip(results, model, service.name) as skipped:
                if not skipped:
                    _measure(results, service, model, number, seconds)
            save()
        if plan.limit:
            tell(f"{model.name}, round {number + 1} of {plan.rounds}: {MODEL_ALONE}")
            with _or_skip(results, model, MODEL_ALONE):
                rates = limit.measure(model.name, seconds * LIMIT_SHARE, our_variables())
                results.limits.append(Limit(model.name, number, rates))
    for service, model in product(plan.services, models):
        if service.name == OURS and plan.overload_seconds:
            tell(f"{model.name}, overload: {service.name}")
            with _or_skip(results, model, f"{service.name}, overload"):
                results.overloads.append(overload(service, model, plan.overload_seconds))
    save()


def _prepare(plan: Plan, model: BenchmarkModel, results: Results, tell: Tell) -> None:
    """Start every service once, untimed: no first round is to pay for an installation or for cold files."""
    for service in plan.services:
        tell(f"{model.name}, started once: {service.name}")
        with _or_skip(results, model, service.name), serve(service, model):
            pass


def rotated(items: Sequence[T], number: int) -> list[T]:
    """`items`, beginning with the one at `number`, counted round."""
    start = number % len(items)
    return [*items[start:], *items[:start]]


@contextmanager
def _or_skip(results: Results, model: BenchmarkModel, name: str) -> Iterator[bool]:
    """Note why there are no figures of `name`; gives whether that was noted before, in another round."""
    skipped = results.skipped.setdefault(model.name, {})
    try:
        yield name in skipped
    except UnavailableError as error:
        skipped[name] = str(error)
    except subprocess.CalledProcessError as error:
        skipped[name] = f"{Path(error.cmd[0]).name} failed: {last_line(error.stderr)}"


def _measure(results: Results, service: Service, model: BenchmarkModel, number: int, seconds: float) -> None:
    with serve(service, model) as running:
        results.startups.append(Startup(model.name, service.name, number, running.startup_seconds))
        run_load(running.target, HIGHEST, seconds * WARM_UP_SHARE)
        results.parities.append(_parity(service, model.name, number, check_answers(running, service, model)))
        for concurrency in CONCURRENCIES:
            before = usage().cpu_seconds
            load = run_load(running.target, concurrency, seconds)
            after = usage()
            cpu_ms = (after.cpu_seconds - before) / max(load.answers, 1) * 1000
            results.cells.append(Cell(model.name, service.name, number, concurrency, load, cpu_ms, after.memory_mib))


def _parity(service: Service, model: str, number: int, found: Parity) -> ParityCheck:
    check = judge(found, service.precision)
    passed, required = check.outcome == "pass", str(check.threshold)
    return ParityCheck(
        model, service.name, number, found.samples, found.agreement or 0.0, found.difference, passed, required
    )
