"""What a run logged: single values, series, tables and images."""

import sys
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from azureml_emulator.azure.runs.metrics.values import definitions, metric_of
from azureml_emulator.state.store import Store
from azureml_emulator.studio.drawing.chart import Chart, chart
from azureml_emulator.wire import Document

MEDIA_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif"}
"""Of the images that are shown. No SVG: it may hold script."""
MAX_ROWS = 200


@dataclass(frozen=True)
class Series:
    name: str
    chart: Chart
    values: list[str]


@dataclass(frozen=True)
class Table:
    name: str
    columns: list[str]
    rows: list[list[str]]
    count: int
    """Of all rows: no more than MAX_ROWS are shown."""


@dataclass(frozen=True)
class Picture:
    name: str
    path: str
    """In the run's artifacts."""


@dataclass(frozen=True)
class Metrics:
    scalars: list[tuple[str, str]] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)


def metrics_of(store: Store, run_id: str) -> Metrics:
    metrics = Metrics()
    for name in [definition["name"] for definition in definitions(store, run_id)]:
        metric = metric_of(store, run_id, name)
        rows = [value["data"] for value in metric["value"]]
        types: Document = metric["columns"]
        columns = list(types)
        if "Artifact" in types.values():
            _add_artifacts(metrics, run_id, name, rows)
        elif columns == [name]:
            _add_values(metrics, name, [row.get(name) for row in rows])
        else:
            metrics.tables.append(_table(name, columns, rows))
    return metrics


def _add_artifacts(metrics: Metrics, run_id: str, name: str, rows: list[Document]) -> None:
    for row in rows:
        location = str(row.get(name))
        path = location.removeprefix(f"aml://artifactId/ExperimentRun/dcid.{run_id}/").lstrip("/")
        if path != location and PurePosixPath(path).suffix.lower() in MEDIA_TYPES:
            metrics.pictures.append(Picture(name, path))
        else:
            metrics.scalars.append((name, location))


def _add_values(metrics: Metrics, name: str, values: list[Any]) -> None:
    if len(values) == 1:
        metrics.scalars.append((name, _text(values[0])))
    elif all(_is_number(value) for value in values):
        numbers = [float(value) for value in values]
        metrics.series.append(Series(name, chart(numbers), [_text(value) for value in values[-MAX_ROWS:]]))
    else:
        metrics.tables.append(_table(name, [name], [{name: value} for value in values]))


def _table(name: str, columns: list[str], rows: list[Document]) -> Table:
    return Table(name, columns, [[_text(row.get(key, "")) for key in columns] for row in rows[:MAX_ROWS]], len(rows))


def _is_number(value: object) -> bool:
    """Of those that a chart can show: whole ones may be of any length."""
    return isinstance(value, float) or (type(value) is int and abs(value) < sys.float_info.max)


def _text(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
