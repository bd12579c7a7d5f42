"""MLflow's times, there and back."""

from __future__ import annotations

import pytest

from azureml_emulator.azure.mlflow.times import milliseconds_of, text_of
from azureml_emulator.errors import BadRequest


@pytest.mark.parametrize("moment", [0, 1, 1795740000123, "1795740000123", -1, -60_000_000_000_000])
def test_a_time_is_read_again_as_it_was_written(moment: int | str) -> None:
    """Also one of the year 68."""
    assert milliseconds_of(text_of(moment, "timestamp")) == int(moment)


@pytest.mark.parametrize("moment", [10**30, "soon", 1.5, True, None, [], "9" * 5000, -(10**14)])
def test_what_is_no_time(moment: object) -> None:
    with pytest.raises(BadRequest, match="timestamp must be milliseconds since 1970"):
        text_of(moment, "timestamp")
