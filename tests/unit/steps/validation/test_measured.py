import math
from dataclasses import replace
from pathlib import Path

import pytest

from steps.artifacts.verdict import Verdict
from steps.validation.measured import Measured
from steps.validation.parity import Parity
from steps.validation.tasks.classification import Classification
from tests.unit.steps.validation.answered import right


@pytest.mark.parametrize("difference", [math.inf, math.nan])
def test_what_is_no_number_is_left_out_of_the_metrics_so_that_the_verdict_can_be_read(
    verdict: Verdict, tmp_path: Path, difference: float
) -> None:
    measured = Measured(startup_seconds=1.0, parity=Parity(2, 0.5, difference))
    refused = verdict.model_copy(update={"metrics": measured.metrics(Classification())})

    refused.write(tmp_path)

    assert Verdict.read(tmp_path) == refused
    assert refused.metrics["parity_agreement"] == 0.5
    assert "parity_difference" not in refused.metrics


def test_an_unanswered_sample_counts_as_wrong(good: Measured) -> None:
    unanswered = tuple(replace(each, predicted=None, right=False) for each in right(190, 190))
    assert replace(good, scored=(*right(190, 190), *unanswered)).metrics(Classification())["accuracy"] == 0.5


def test_metrics_leave_out_what_was_not_measured(good: Measured) -> None:
    assert Measured(startup_seconds=None).metrics(Classification()) == {"samples": 0.0, "errors": 0.0}
    assert good.metrics(Classification()) == {
        "accuracy": 0.95,
        "latency_p50_ms": 100.0,
        "latency_p99_ms": 198.0,
        "startup_seconds": 4.0,
        "samples": 200.0,
        "errors": 0.0,
        "parity_agreement": 1.0,
        "parity_difference": 1e-06,
    }
