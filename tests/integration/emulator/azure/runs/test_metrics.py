"""Metrics as the SDK logs and reads them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from azureml.core import Experiment, Run


@pytest.fixture
def run(experiment: Experiment) -> Iterator[Run]:
    run = experiment.start_logging(snapshot_directory=None, outputs=False)
    yield run
    run.complete()


def test_scalar(run: Run) -> None:
    run.log("accuracy", 0.97)
    run.flush()
    assert run.get_metrics() == {"accuracy": 0.97}


def test_values_in_their_order(run: Run) -> None:
    for value in range(20):
        run.log("loss", value)
    run.flush()
    assert run.get_metrics("loss")["loss"] == list(range(20))


def test_list_row_and_table(run: Run) -> None:
    run.log_list("latencies", [1.5, 2.5])
    run.log_row("point", x=1, y=2)
    run.log_row("point", x=3, y=4)
    run.log_table("checks", {"name": ["gpu", "accuracy"], "passed": [True, False]})
    run.flush()
    metrics = run.get_metrics()
    assert metrics["latencies"] == [1.5, 2.5]
    assert metrics["point"] == {"x": [1, 3], "y": [2, 4]}
    assert metrics["checks"] == {"name": ["gpu", "accuracy"], "passed": [True, False]}


def test_kinds_of_values(run: Run) -> None:
    run.log("text", "BLESSED")
    run.log("whole", 3)
    run.flush()
    metrics = run.get_metrics()
    assert (metrics["text"], metrics["whole"]) == ("BLESSED", 3)


def test_values_that_are_not_finite(run: Run) -> None:
    for value in (1.0, float("nan"), float("inf"), float("-inf")):
        run.log("loss", value)
    run.flush()
    assert str(run.get_metrics()["loss"]) == "[1.0, nan, inf, -inf]"


def test_name_with_odd_characters_and_steps(run: Run) -> None:
    for step in (10, 20):
        run.log("top-5 accuracy (größe)/val %", step / 2, step=step)
    run.flush()
    assert run.get_metrics("top-5 accuracy (größe)/val %") == {"top-5 accuracy (größe)/val %": [5.0, 10.0]}


def test_big_list(run: Run) -> None:
    run.log_list("latencies", list(range(3000)))
    run.flush()
    assert run.get_metrics()["latencies"] == list(range(3000))


def test_image(run: Run, tmp_path: Path) -> None:
    content = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
    (tmp_path / "plot.png").write_bytes(content)
    run.log_image("curve", path=str(tmp_path / "plot.png"))
    run.flush()
    [name] = run.get_file_names()
    assert run.get_metrics()["curve"].startswith(f"aml://artifactId/ExperimentRun/dcid.{run.id}/")
    run.download_file(name, str(tmp_path / "back.png"))
    assert (tmp_path / "back.png").read_bytes() == content


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("confusion_matrix", {"class_labels": ["0", "1"], "matrix": [[5, 1], [2, 8]]}),
        ("residuals", {"bin_edges": [0, 1, 2], "bin_counts": [3, 4]}),
        ("predictions", {"bin_averages": [0.5], "bin_errors": [0.1], "bin_counts": [4], "bin_edges": [0, 1]}),
        (
            "accuracy_table",
            {
                "probability_tables": [[[1, 1, 0, 0], [0, 1, 0, 1]]] * 2,
                "percentile_tables": [[[1, 1, 0, 0], [0, 1, 0, 1]]] * 2,
                "probability_thresholds": [0, 1],
                "percentile_thresholds": [0, 1],
                "class_labels": ["0", "1"],
            },
        ),
    ],
)
def test_metrics_that_are_kept_as_files(run: Run, kind: str, data: dict[str, object]) -> None:
    value = {"schema_type": kind, "schema_version": "v1", "data": data}
    getattr(run, f"log_{kind}")("quality", value)
    run.flush()
    assert run.get_metrics()["quality"] == f"aml://artifactId/ExperimentRun/dcid.{run.id}/quality"
    assert json.loads(run._download_artifact_contents_to_string("quality")) == value


def test_none_logged(run: Run) -> None:
    assert run.get_metrics() == {}
    assert run.get_metrics("absent") == {}


def test_a_limit_that_would_be_ignored(run: Run, rest: Callable[..., requests.Response]) -> None:
    body = {"metricName": "loss", "startTime": "2026-11-24T00:00:00Z"}
    refused = rest("POST", "/metric/v2.0", f"/runs/{run.id}/full", json=body)
    assert refused.status_code == 400
    assert "the startTime of a metric" in refused.json()["error"]["message"]


def test_child_metrics(run: Run) -> None:
    child = run.child_run()
    child.log("accuracy", 0.5)
    child.complete()
    assert run.get_metrics(recursive=True)[child.id] == {"accuracy": 0.5}


def test_what_widgets_ask_for(run: Run) -> None:
    """`RunDetails` of azureml.widgets: the values of this and other runs that came since it last asked."""
    from datetime import datetime, timedelta, timezone

    run.log("the loss", 3.0)
    run.log("the loss", 2.0)
    run.log_table("checks", {"name": ["gpu", "accuracy"], "passed": [True, False]})
    run.flush()
    client = run._client.metrics
    (found,) = client._get_all_metrics(merge_strategy_type="None").values()
    assert client.dto_to_metrics_dict(found) == {
        "the loss": [3.0, 2.0],
        "checks": {"name": ["gpu", "accuracy"], "passed": [True, False]},
    }
    named = client._get_all_metrics(run_ids=[run.id, "other"], metric_types=["azureml.v1.scalar"], name="the loss")
    assert [dto.cells for dto in named[run.id]] == [[{"the loss": 3.0}], [{"the loss": 2.0}]]
    later = datetime.now(timezone.utc) + timedelta(minutes=1)
    assert list(client._get_all_metrics(after_timestamp=later)[run.id]) == []


def test_a_query_that_would_be_ignored(rest: Callable[..., requests.Response]) -> None:
    for expression in ("", "Label eq x", "RunId gt x", "RunId eq x and CreatedUtc gt yesterday"):
        answer = rest("POST", "/history/v1.0", "/experiments/e/metrics:query", json={"filter": expression})
        assert answer.status_code == 400, expression


def test_a_value_without_a_time_has_the_one_at_which_it_came(rest: Callable[..., requests.Response], run: Run) -> None:
    """The SDK's model of a value has no required field, and widgets ask by time."""
    batch = {"values": [{"name": "loss", "columns": {"loss": "Double"}, "value": [{"data": {"loss": 0.5}}]}]}
    assert rest("POST", "/metric/v2.0", f"/runs/{run.id}/batch", json=batch).status_code == 200
    asked = {"filter": f"RunId eq {run.id} and CreatedUtc gt 2026-01-01T00:00:00Z"}
    found = rest("POST", "/history/v1.0", "/experiments/e/metrics:query", json=asked)
    assert (found.status_code, found.json()["value"][0]["cells"]) == (200, [{"loss": 0.5}])


@pytest.mark.parametrize(
    ("metric", "field"),
    [
        ({"properties": 5}, "values[0].properties"),
        ({"value": [{"data": {}, "createdUtc": "yesterday"}]}, "values[0].value[0].createdUtc"),
        ({"value": [{"data": {}, "step": "one"}]}, "values[0].value[0].step"),
    ],
)
def test_what_no_reader_of_metrics_could_take(
    rest: Callable[..., requests.Response], run: Run, metric: dict[str, Any], field: str
) -> None:
    batch = {"values": [{"name": "loss", "value": []} | metric]}
    refused = rest("POST", "/metric/v2.0", f"/runs/{run.id}/batch", json=batch)
    assert (refused.status_code, field in refused.json()["message"]) == (400, True)
