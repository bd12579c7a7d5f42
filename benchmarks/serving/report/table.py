"""The results as tables for a terminal."""

from rich.table import Table

from benchmarks.serving.client.load import Load
from benchmarks.serving.report.goals import Goal, ratio
from benchmarks.serving.report.results import CONCURRENCIES, MODEL_ALONE, Results, Summary
from benchmarks.serving.servers.services import SEED

VERDICTS = {"met": "[green]met", "not met": "[red]not met", "skipped": "[yellow]skipped"}
PARITY = {True: "[green]passed", False: "[red]refused"}


def services_table(results: Results, model: str) -> Table:
    """A row a service: throughput, its ratio to the seed's, and latency at each concurrency."""
    table = Table(
        "service",
        "start\ns",
        *(f"concurrency {c}\nreq/s (x seed)  p50 / p99 ms" for c in CONCURRENCIES),
        "CPU\nms/req",
        "memory\nMiB",
        "faults",
        title=f"{model}: medians of the rounds",
    )
    for service in results.services:
        table.add_row(service, *_cells(results, model, service))
    table.add_section()
    table.add_row(MODEL_ALONE, *_limit_cells(results, model))
    return table


def _cells(results: Results, model: str, service: str) -> list[str]:
    found = [results.summary(model, service, c) for c in CONCURRENCIES]
    seed = [results.summary(model, SEED, c) for c in CONCURRENCIES]
    last = next((summary for summary in reversed(found) if summary), None)
    if last is None:
        return _skipped(results, model, service)
    startup = results.startup(model, service)
    faults = sum(summary.faults for summary in found if summary)
    return [
        f"{startup:.1f}" if startup is not None else "",
        *(_cell(one, other) for one, other in zip(found, seed, strict=True)),
        f"{last.cpu_ms:.2f}",
        f"{last.memory_mib:,.0f}",
        f"[red]{faults}" if faults else "0",
    ]


def _limit_cells(results: Results, model: str) -> list[str]:
    limit = results.limit(model)
    if limit is None:
        return _skipped(results, model, MODEL_ALONE)
    return ["", *[""] * (len(CONCURRENCIES) - 1), f"{_figure(limit)} requests/s"]


def _skipped(results: Results, model: str, name: str) -> list[str]:
    return ["", f"skipped: {results.skipped.get(model, {}).get(name, 'not asked for')}"]


def _cell(summary: Summary | None, seed: Summary | None) -> str:
    if summary is None:
        return ""
    times = ratio(summary.rate, seed.rate if seed else None)
    shown = f" ({times:.2f})" if times is not None else ""
    return f"{_figure(summary.rate)}{shown}  {_figure(summary.p50_ms)} / {_figure(summary.p99_ms)}"


def _figure(value: float) -> str:
    """Three significant digits, as far as a table needs them."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def parity_table(results: Results, model: str) -> Table:
    """A row a service: whether its probabilities pass validation's parity check, in the worst of the rounds."""
    title = f"{model}: answers compared with the original SavedModel's"
    table = Table("service", "parity", "samples", "agree", "differ by", "required", title=title)
    for service in results.services:
        worst = results.parity(model, service)
        if worst:
            figures = (f"{worst.samples}", f"{worst.agreement:.4f}", f"{worst.difference:.2g}")
            table.add_row(service, PARITY[worst.passed], *figures, worst.required)
    return table


def given_up(results: Results) -> list[str]:
    """A line for each service that failed after it was measured: its medians are of fewer rounds."""
    return [
        f"{model}: {service} was given up in a later round: {reason}"
        for model, services in results.skipped.items()
        for service, reason in services.items()
        if results.summary(model, service, CONCURRENCIES[0])
    ]


def client_line(client: Load) -> str:
    """What the load client reaches against a server that does nothing: proof that it limits no service."""
    return (
        f"The load client alone, against a server that does nothing: {client.rate:,.0f} requests a second, "
        f"{client.client_cpu_us:.0f} microseconds of processor time each."
    )


def goals_table(goals: list[Goal]) -> Table:
    """A row a goal: the ratio that was measured, the one that is needed, and the verdict."""
    table = Table("work", "what", "measured", "goal", "", "note", title="goals")
    for goal in goals:
        measured = "" if goal.measured is None else f"{goal.measured:.2f}"
        needed = f"{'at most' if goal.at_most else 'at least'} {goal.needed:g}"
        table.add_row(goal.work, goal.what, measured, needed, VERDICTS[goal.verdict], goal.note)
    return table
