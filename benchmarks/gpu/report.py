"""The table and the plot of one run."""

from pathlib import Path

from rich.table import Table

from benchmarks.gpu.results import CONCURRENCIES, Cell, Results

NONE = "-"


def table(results: Results, model: str) -> Table:
    """Requests a second and p99 of each service, and how its start went."""
    columns = [f"{one} at once" for one in CONCURRENCIES]
    made_by = results.machine["device"]
    title = f"{model} on {made_by}: images a second, p50 / p99 ms"
    found = Table("service", *columns, "CPU ms", "GPU %", "start s", "same class", title=title)
    for start in (one for one in results.starts if one.model == model):
        cells = [results.cell(model, start.service, one) for one in CONCURRENCIES]
        texts = [
            f"{cell.load.rate:,.0f}, {cell.load.p50_ms:.1f} / {cell.load.p99_ms:.1f}" if cell else NONE
            for cell in cells
        ]
        last = next((cell for cell in reversed(cells) if cell), None)
        use = [f"{last.cpu_ms:.2f}", f"{last.gpu.get('utilization.gpu', 0):.0f}"] if last else [NONE, NONE]
        found.add_row(
            start.service,
            *texts,
            *use,
            f"{start.seconds:.1f}",
            NONE if start.agreement is None else f"{start.agreement:.2f}",
        )
    return found


def _load(cell: Cell | None) -> str:
    return NONE if cell is None else f"{cell.load.rate:,.0f}, {cell.load.p50_ms:.1f} / {cell.load.p99_ms:.1f}"


def limits_table(results: Results) -> Table:
    found = Table("limit, without HTTP", "precision", "XLA", "way", "best images/s", "with", "one image, ms")
    for name, points in results.limits.items():
        for precision, xla, way in dict.fromkeys((one["precision"], one["xla"], one["way"]) for one in points):
            mine = [one for one in points if (one["precision"], one["xla"], one["way"]) == (precision, xla, way)]
            best = max((one for one in mine if "rate" in one), key=lambda one: one["rate"], default=None)
            alone = next((f"{one['p50_ms']:.2f}" for one in mine if "p50_ms" in one), NONE)
            texts = (f"{best['rate']:,.0f}", f"{best['threads']} x {best['batch']}") if best else (NONE, NONE)
            found.add_row(name, precision, str(xla), way, *texts, alone)
    return found


def plot(results: Results, model: str, file: Path) -> None:
    """Throughput by concurrency."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    for start in (one for one in results.starts if one.model == model):
        cells = [cell for one in CONCURRENCIES if (cell := results.cell(model, start.service, one))]
        axes.plot(
            [cell.concurrency for cell in cells], [cell.load.rate for cell in cells], marker="o", label=start.service
        )
    for precision, style in (("float16", "--"), ("float32", ":")):
        limit = results.limit(model, precision)
        if limit:
            axes.axhline(limit, linestyle=style, color="grey", label=f"limit, {precision}")
    axes.set(xscale="log", xlabel="requests at once", ylabel="images a second", ylim=(0, None))
    axes.set_xticks(CONCURRENCIES, [str(one) for one in CONCURRENCIES])
    axes.set_title(f"{model} on {results.machine['device']}")
    axes.legend(fontsize="small")
    figure.savefig(file, dpi=110)
    plt.close(figure)
