"""The service's own knobs: environment variables, set by the Azure ML Environment that the service runs in."""

from collections.abc import Mapping
from dataclasses import dataclass

from scoring.errors import StartupError


@dataclass(frozen=True)
class ServiceSettings:
    """Read once by init(); the variable is the field's name in upper case after `SCORING_`."""

    require_gpu: bool = False
    """Refuse to start unless the model really runs on a GPU ("0" or "1")."""

    max_body_bytes: int = 10 * 2**20
    """Longest request body in bytes. Azure ML's front end itself refuses more than 100 MB."""

    max_pixels: int = 25_000_000
    """Largest width x height. Decoding takes 3 bytes a pixel, 12 once a model has made floats of it."""


def read_settings(environ: Mapping[str, str]) -> ServiceSettings:
    """Take the settings from `environ`; a malformed value is a StartupError that names its variable."""
    defaults = ServiceSettings()
    return ServiceSettings(
        require_gpu=_flag(environ, "SCORING_REQUIRE_GPU", defaults.require_gpu),
        max_body_bytes=_positive(environ, "SCORING_MAX_BODY_BYTES", defaults.max_body_bytes),
        max_pixels=_positive(environ, "SCORING_MAX_PIXELS", defaults.max_pixels),
    )


def _flag(environ: Mapping[str, str], variable: str, default: bool) -> bool:
    text = environ.get(variable, str(int(default)))
    if text not in ("0", "1"):
        raise StartupError(f"{variable}={text!r} must be 0 or 1.")
    return text == "1"


def _positive(environ: Mapping[str, str], variable: str, default: int) -> int:
    text = environ.get(variable, str(default))
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise StartupError(f"{variable}={text!r} must be a whole number above 0.")
    return int(text)
