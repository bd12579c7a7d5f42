"""The results as a picture: throughput and p99 of every service at every concurrency."""

from pathlib import Path
from typing import Any

from benchmarks.serving.report.results import CONCURRENCIES, HIGHEST, Results

COLOURS = ("#9ecae1", "#4292c6", "#08306b")
BAR = 0.27


def plot(results: Results, file: Path) -> None:
    """Write a PNG: a row a model, throughput on the left and p99 (logarithmic) on the right, best service on top."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    models = results.models
    figure, axes = plt.subplots(len(models), 2, figsize=(13, 5 * len(models)), squeeze=False, layout="constrained")
    for row, model in zip(axes, models, strict=True):
        services = _ordered(results, model)
        _bars(row[0], results, model, services, "rate")
        _bars(row[1], results, model, services, "p99_ms")
        row[0].set(title=f"{model}: answers a second", xlabel="answers a second (more is better)")
        row[1].set(title=f"{model}: 99th percentile", xlabel="milliseconds (less is better)", xscale="log")
        limit = results.limit(model)
        if limit is not None:
            row[0].axvline(limit, color="#d62728", linestyle="--", label="model alone, no HTTP")
    figure.legend(*axes[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    figure.suptitle(f"{results.machine['cpu']}, {results.machine['cores']} cores, {results.machine['date']}")
    figure.savefig(file, dpi=110)
    plt.close(figure)


def _ordered(results: Results, model: str) -> list[str]:
    """The services that were measured, slowest first: a bar chart grows upwards."""
    rates = {name: results.summary(model, name, HIGHEST) for name in results.services}
    measured = {name: summary.rate for name, summary in rates.items() if summary}
    return sorted(measured, key=measured.__getitem__)


def _bars(axes: Any, results: Results, model: str, services: list[str], figure: str) -> None:
    for number, (concurrency, colour) in enumerate(zip(CONCURRENCIES, COLOURS, strict=True)):
        places = [place + (number - 1) * -BAR for place in range(len(services))]
        summaries = [results.summary(model, service, concurrency) for service in services]
        values = [getattr(summary, figure) if summary else 0 for summary in summaries]
        bars = axes.barh(places, values, BAR, color=colour, label=f"concurrency {concurrency}")
        axes.bar_label(
            bars, [f"{value:,.0f}" if value >= 10 else f"{value:.1f}" for value in values], padding=3, fontsize=7
        )
    axes.set_yticks(range(len(services)), services)
    for label in axes.get_yticklabels():
        label.set_fontweight("bold" if label.get_text().startswith("ours") else "normal")
    axes.margins(x=0.12)
    axes.spines[["top", "right"]].set_visible(False)
