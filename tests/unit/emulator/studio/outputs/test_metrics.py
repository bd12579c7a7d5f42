from typing import Any

import pytest

from azureml_emulator.azure.runs.metrics.values import append
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.studio.contents.outputs.metrics import MAX_ROWS, Metrics, Picture, metrics_of


def metrics(workspace: LocalWorkspace, columns: dict[str, str], rows: list[dict[str, Any]]) -> Metrics:
    values = [{"metricId": str(index), "data": row} for index, row in enumerate(rows)]
    append(workspace.store, "r", {"name": "m", "columns": columns, "value": values})
    return metrics_of(workspace.store, "r")


def test_none(workspace: LocalWorkspace) -> None:
    assert metrics_of(workspace.store, "r") == Metrics()


@pytest.mark.parametrize(
    ("value", "expected"), [(0.1234567, "0.123457"), (3, "3"), ("BLESSED", "BLESSED"), (True, "True")]
)
def test_scalar(workspace: LocalWorkspace, value: object, expected: str) -> None:
    assert metrics(workspace, {"m": "Double"}, [{"m": value}]).scalars == [("m", expected)]


def test_series(workspace: LocalWorkspace) -> None:
    (series,) = metrics(workspace, {"m": "Double"}, [{"m": 1}, {"m": 2.5}]).series
    assert (series.name, series.values) == ("m", ["1", "2.5"])
    assert series.chart.summary.startswith("2 values")


def test_words_are_no_series(workspace: LocalWorkspace) -> None:
    (table,) = metrics(workspace, {"m": "String"}, [{"m": "a"}, {"m": 1}]).tables
    assert table.rows == [["a"], ["1"]]


def test_table(workspace: LocalWorkspace) -> None:
    (table,) = metrics(workspace, {"x": "Double", "y": "Double"}, [{"x": 1, "y": 2}, {"x": 3}]).tables
    assert (table.columns, table.rows) == (["x", "y"], [["1", "2"], ["3", ""]])


def test_long_table(workspace: LocalWorkspace) -> None:
    (table,) = metrics(workspace, {"x": "Double", "y": "Double"}, [{"x": 1, "y": 2}] * 1000).tables
    assert (len(table.rows), table.count) == (MAX_ROWS, 1000)


@pytest.mark.parametrize("path", ["plot_1.png", "/pictures/photo.JPG"])  # the SDK keeps a local path
def test_image(workspace: LocalWorkspace, path: str) -> None:
    found = metrics(workspace, {"m": "Artifact"}, [{"m": f"aml://artifactId/ExperimentRun/dcid.r/{path}"}])
    assert found.pictures == [Picture("m", path.lstrip("/"))]


@pytest.mark.parametrize("location", ["ExperimentRun/dcid.other/a.png", "ExperimentRun/dcid.r/a.svg", "a.png"])
def test_other_artifacts_are_only_named(workspace: LocalWorkspace, location: str) -> None:
    found = metrics(workspace, {"m": "Artifact"}, [{"m": f"aml://artifactId/{location}"}])
    assert (found.pictures, found.scalars) == ([], [("m", f"aml://artifactId/{location}")])
