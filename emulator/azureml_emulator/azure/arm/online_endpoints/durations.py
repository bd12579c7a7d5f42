"""Durations as Azure Resource Manager has them: ISO 8601, such as PT0.5S."""

from datetime import timedelta

from pydantic import TypeAdapter, ValidationError

from azureml_emulator.errors import BadRequest
from azureml_emulator.server.requests.shapes import shortened

_duration = TypeAdapter(timedelta)


def seconds(text: str | None, name: str, default: float, *, least: float = 0.0, most: float = 1_000_000) -> float:
    """Raises BadRequest, which calls it by `name`, for what is none or not between `least` and `most` seconds."""
    if text is None:
        return default
    try:
        found = _duration.validate_python(text).total_seconds() if text.startswith("P") else None
    except ValidationError:
        found = None
    if found is None or not least <= found <= most:
        raise BadRequest(f"{name} must be a duration from {least:g} to {most:g} s such as PT5S, not {shortened(text)}")
    return found
