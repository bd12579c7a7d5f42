"""MLflow's times, milliseconds since 1970 in UTC, and the texts that run history has for them."""

from datetime import datetime, timezone

from azureml_emulator.errors import BadRequest
from azureml_emulator.server.requests.shapes import shortened
from azureml_emulator.wire import moment


def text_of(milliseconds: object, name: str) -> str:
    """Raises BadRequest for what is no time; MLflow writes it as a number, protocol buffers may as digits."""
    try:
        # A true value is a number to Python, and a fraction would be cut: as text neither is one.
        found = datetime.fromtimestamp(int(str(milliseconds)) / 1000, timezone.utc)
    except (ValueError, OverflowError, OSError):
        raise BadRequest(f"{name} must be milliseconds since 1970, not {shortened(milliseconds)}") from None
    return found.replace(tzinfo=None).isoformat(timespec="microseconds") + "0+00:00"


def milliseconds_of(text: str | None) -> int | None:
    return round(moment(text).timestamp() * 1000) if text else None
