import pytest

from azureml_emulator.command.durations import parse_duration
from azureml_emulator.errors import EmulatorError


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("1d", 86400), ("1w", 604800), ("1d12h", 129600)]
)
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "2", "h", "-2h", "2 h", "1.5h", "2h!", "2y"])
def test_what_is_no_duration_is_named(text: str) -> None:
    with pytest.raises(EmulatorError, match="is not a duration: write it as 90s"):
        parse_duration(text)
