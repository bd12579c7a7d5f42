import math
from pathlib import Path

import pytest

from steps.artifacts.verdict import Verdict
from steps.validation.measured import Measured
from steps.validation.parity import Parity
from steps.validation.tasks.classification import Classification


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
