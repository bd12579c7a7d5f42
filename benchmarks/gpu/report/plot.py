"""The picture of one model: throughput by requests at once, the services in parts of those that are to be compared."""

from pathlib import Path
from typing import Any

from benchmarks.gpu.report.results import CONCURRENCIES, Results
from benchmarks.gpu.services import ALL, FEW, FEW_CORES, LANE, MAX_BATCH

TITLES = {
    ALL: "services on all cores",
    FEW: f"services on {FEW_CORES} cores",
    MAX_BATCH: "our service by max_batch",
    LANE: "our service by lanes",
}
COLUMNS = 2


def plot(results: Results, model: str, file: Path) -> None:
    """A PNG with a part for each group that was measured."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    groups = [group for group in TITLES if any(start.group == group for start in results.services(model))]
    columns = min(COLUMNS, len(groups))
    rows = -(-len(groups) // columns)
    figure, grid = plt.subplots(
        rows, columns, figsize=(6.5 * columns, 4.5 * rows), layout="constrained", squeeze=False, sharex=True
    )
    for axes, group in zip(grid.flat, groups, strict=False):
        _part(axes, results, model, group)
    for axes in list(grid.flat)[len(groups) :]:
        axes.set_visible(False)
    figure.suptitle(f"{model} on {results.machine['device']}, {results.machine['date']}")
    figure.supxlabel("requests at once")
    figure.supylabel("images a second")
    figure.savefig(file, dpi=110)
    plt.close(figure)


def _part(axes: Any, results: Results, model: str, group: str) -> None:
    services = results.services(model)
    names = [start.service for start in services if start.group == group]
    if group in (MAX_BATCH, LANE):
        names.insert(0, services[0].service)
    for name in names:
        cells = [cell for one in CONCURRENCIES if (cell := results.summary(model, name, one))]
        knob = f" ({group} {results.options[group]})" if group in (MAX_BATCH, LANE) and name == names[0] else ""
        rates = [cell.rate for cell in cells]
        axes.plot([cell.concurrency for cell in cells], rates, marker="o", ms=4, label=name + knob)
    _limits(axes, results, f"{model}, {FEW}" if group == FEW else model, wanted=group in (ALL, FEW))
    axes.set(xscale="log", ylim=(0, None), title=TITLES[group])
    axes.set_xticks(CONCURRENCIES, [str(one) for one in CONCURRENCIES])
    axes.minorticks_off()
    axes.grid(axis="y", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize="small")


def _limits(axes: Any, results: Results, name: str, *, wanted: bool) -> None:
    """A line across for each precision."""
    styles = iter(("--", ":", "-."))
    for precision, xla in (("float16", False), ("float32", False), ("float16", True)) if wanted else ():
        limit = results.limit(name, precision, xla=xla)
        if limit:
            label = f"limit without HTTP, {precision}{', XLA' * xla}"
            axes.axhline(limit, linestyle=next(styles), color="grey", label=label)
