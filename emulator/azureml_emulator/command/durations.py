"""Durations as a person writes them: 90s, 30m, 2h, 1d, 1w, 1d12h."""

import re

from azureml_emulator.errors import EmulatorError

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600, "w": 7 * 24 * 3600}
_DURATION = re.compile(r"([0-9]{1,12}[smhdw])+")
_PART = re.compile(r"([0-9]+)([smhdw])")


def parse_duration(text: str) -> int:
    """Seconds. Raises EmulatorError for what is not a duration."""
    if not _DURATION.fullmatch(text):
        raise EmulatorError(f"'{text}' is not a duration: write it as 90s, 30m, 2h, 1d, 1w or 1d12h")
    return sum(int(count) * _SECONDS[unit] for count, unit in _PART.findall(text))
