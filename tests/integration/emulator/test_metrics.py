"""Metrics as the SDK logs and reads them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from azureml.core import Experiment, Run


@pytest.fixture
def run(experiment: Experiment) -> Iterator[Run]:
    run = experiment.start_logging(snapshot_directory=None)
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


def test_none_logged(run: Run) -> None:
    assert run.get_metrics() == {}
    assert run.get_metrics("absent") == {}


def test_child_metrics(run: Run) -> None:
    child = run.child_run()
    child.log("accuracy", 0.5)
    child.complete()
    assert run.get_metrics(recursive=True)[child.id] == {"accuracy": 0.5}
