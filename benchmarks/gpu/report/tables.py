"""The tables of one run, which fit a terminal of 80 columns."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich import box
from rich.table import Table

from benchmarks.gpu.measuring import NO_TIME
from benchmarks.gpu.report.results import CONCURRENCIES, Results, Start, Summary

NONE = "-"
TEXTS = ("in", "way", "service")  # columns of words; all others but the first are of figures


def tables(results: Results) -> Iterator[Table]:
    """Those that there are figures for."""
    models = dict.fromkeys(start.model for start in results.starts)
    for model in models:
        yield loads_table(results, model)
        yield services_table(results, model)
    if any(results.limits.values()):
        yield limits_table(results)
    if results.memory:
        yield memory_table(results)
    if results.kept:
        yield kept_table(results)


def loads_table(results: Results, model: str) -> Table:
    """Rate and p99 of each service by the number of requests at once."""
    title = f"{model} on {results.machine['device']}:\nimages a second (p99 in ms) by requests at once"
    found = _table(title, "service", *map(str, CONCURRENCIES))
    for start in results.services(model):
        found.add_row(start.service, *(_load(results.summary(model, start.service, one)) for one in CONCURRENCIES))
    return found


def services_table(results: Results, model: str) -> Table:
    """How each service started, how near its answers are to the model's, and what an answer costs under most load."""
    found = _table(
        f"{model}: starts, answers, and what {CONCURRENCIES[-1]} requests at once take",
        *("service", "start\ns", "same\nclass", "differ\nby", "CPU\nms", "GPU\n%", "GPU\nMiB", "faults", "rounds"),
    )
    for start in results.services(model):
        found.add_row(start.service, *_use(results, start))
    return found


def _use(results: Results, start: Start) -> Iterator[str]:
    yield f"{results.start_seconds(start.model, start.service):.1f}"
    yield NONE if start.agreement is None else f"{start.agreement:.2f}"
    yield NONE if start.difference is None else f"{start.difference:.1g}"
    cells = [cell for one in CONCURRENCIES if (cell := results.summary(start.model, start.service, one))]
    if not cells:
        yield from [NONE] * 5
        return
    last = cells[-1]
    yield f"{last.cpu_ms:.2f}"
    yield NONE if last.gpu_percent is None else f"{last.gpu_percent:.0f}"
    yield NONE if last.gpu_mib is None else f"{last.gpu_mib:,.0f}"
    yield str(sum(cell.faults for cell in cells))
    yield str(last.rounds)


def _load(found: Summary | None) -> str:
    if found is None or not found.rate:
        return NONE if found is None else "none"
    return f"{found.rate:,.0f} ({found.p99_ms:,.{0 if found.p99_ms >= 100 else 1}f})"


def limits_table(results: Results) -> Table:
    title = "the limit: the model's calls without HTTP, by so many threads x batch"
    found = _table(title, "model", "in", "way", "best images/s", "by", "one, ms")
    for name, points in results.limits.items():
        for precision, xla, way in dict.fromkeys((one["precision"], one["xla"], one["way"]) for one in points):
            mine = [one for one in points if (one["precision"], one["xla"], one["way"]) == (precision, xla, way)]
            best = max((one for one in mine if "rate" in one), key=lambda one: one["rate"], default=None)
            alone = min((one["p50_ms"] for one in mine if "p50_ms" in one), default=None)
            texts = (f"{best['rate']:,.0f}", f"{best['threads']} x {best['batch']}") if best else (NONE, NONE)
            shown = NONE if alone is None else f"{alone:.2f}"
            found.add_row(name, f"{precision}{', XLA' * xla}", way, *texts, shown)
    return found


def memory_table(results: Results) -> Table:
    found = _table("memory, and two services at once", "", "GPU MiB", "good answers a second", "faults")
    for one in results.memory:
        mib = NONE if one["gpu_mib"] is None else f"{one['gpu_mib']:,.0f}"
        found.add_row(one["what"], mib, _by_service(one["rates"]), _by_service(one["faults"]))
    return found


def _by_service(figures: Mapping[str, Any]) -> str:
    return "\n".join(f"{name}: {figure:,.0f}" for name, figure in figures.items())


def kept_table(results: Results) -> Table:
    title = "starts, with what was compiled kept from the start before, or not"
    found = _table(title, "model", "service", "batch sizes", "empty, s", "filled, s", "cache MiB")
    starts = {(one["model"], one["service"], one["sizes"], one["cache"]): one for one in results.kept}
    for model, service, sizes, cache in starts:
        if cache == "empty":
            pair = [starts.get((model, service, sizes, which)) for which in ("empty", "filled")]
            times = [f"{one['seconds']:.1f}" if one else NONE for one in pair]
            found.add_row(model, service, str(sizes), *times, f"{pair[0]['cache_mib']:,.0f}" if pair[0] else NONE)
    return found


def summary(results: Results) -> Iterator[str]:
    """Lines: ratios, what was said, the release, what wasn't measured and why, and the time."""
    for model in dict.fromkeys(cell.model for cell in results.cells):
        for goal, ratio in results.ratios(model).items():
            yield f"{model}: {goal} = {ratio:.2f}"
    yield from (f"{one['what']}: {one['said']}" for one in results.memory if one["said"])
    if results.release:
        reason = f": {results.release['reason']}" if results.release["reason"] else ""
        yield f"release of the sample: {results.release['status']} in {results.release['seconds']:.0f} s{reason}"
    yield from _missing(results)
    installing = f", beside {results.installing:.0f} s for installations" if results.installing > 1 else ""
    yield f"{results.seconds:.0f} s of {results.options['budget']:.0f} s were used{installing}"


def _missing(results: Results) -> Iterator[str]:
    late = [what for what, why in results.skipped.items() if why == NO_TIME]
    for what, why in results.skipped.items():
        if why != NO_TIME:
            yield f"not measured, or not whole: {what}: {why}"
    if late:
        yield f"not measured, because {NO_TIME}: {'; '.join(late)}"


def _table(title: str, first: str, *others: str) -> Table:
    found = Table(title=title, box=box.SIMPLE, padding=(0, 0, 0, 1), pad_edge=False)
    found.add_column(first)
    for name in others:
        text = name in TEXTS
        found.add_column(name, justify="left" if text else "right", no_wrap=not text)
    return found
