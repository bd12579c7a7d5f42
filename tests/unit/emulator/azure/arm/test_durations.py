from __future__ import annotations

import pytest

from azureml_emulator.azure.arm.online_endpoints.durations import seconds
from azureml_emulator.errors import BadRequest


@pytest.mark.parametrize(
    ("text", "found"), [("PT5S", 5.0), ("PT0.5S", 0.5), ("PT1M30S", 90.0), ("P1DT1H", 90000.0), ("PT0S", 0.0)]
)
def test_iso_8601(text: str, found: float) -> None:
    assert seconds(text, "it", 1.0) == found


def test_none_is_the_default() -> None:
    assert seconds(None, "it", 7.0) == 7.0


@pytest.mark.parametrize("text", ["", "5", "5 s", "-PT5S", "P", "PT", "PTS", "00:00:05", "P-1D", "PT99999999S"])
def test_what_is_none(text: str) -> None:
    with pytest.raises(BadRequest, match="it must be a duration from 0 to 1e\\+06 s"):
        seconds(text, "it", 1.0)
