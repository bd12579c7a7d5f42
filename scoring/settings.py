"""The service's own knobs: environment variables, set by the Azure ML Environment that the service runs in."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from scoring.errors import StartupError
from scoring.hashing.version_hash import VARIABLE

DIGEST = re.compile("[0-9a-f]{64}")
PRECISIONS = ("float32", "bfloat16", "float16", "auto")


@dataclass(frozen=True)
class ServiceSettings:
    """Read once by init(); the variable is the field's name in upper case after `SCORING_`."""

    require_gpu: bool = False
    """Refuse to start unless the model really runs on a GPU ("0" or "1")."""

    precision: str = "float32"
    """float32, bfloat16 (a CPU with AVX512_BF16 or AMX), float16 (a GPU), or auto: the fastest that the device has."""

    xla: bool = False
    """Compile clusters of the graph with XLA ("0" or "1"); start-up then compiles every batch size."""

    max_batch: int = 16
    """Most images that one call of the model takes."""

    lanes: int = 2
    """Calls of the model at once: with two, one decodes images while the other computes."""

    max_queue: int = 256
    """Most requests that wait for a lane; one more is answered 503."""

    max_held_bytes: int = 96 * 2**20
    """Most bytes of request bodies held at once, waiting or being scored; a body beyond is answered 503."""

    timeout_ms: int = 60_000
    """Milliseconds from a request's headers to its answer, else 503; Azure ML sets this variable too."""

    max_body_bytes: int = 10 * 2**20
    """Longest request body in bytes. Azure ML's front end itself refuses more than 100 MB."""

    max_pixels: int | None = None
    """Largest width x height; None: scoring/inputs/reader.py's, by what the model takes."""

    max_rows: int = 1024
    """Most rows of a request of JSON; more than max_batch take several calls of the model."""

    max_values: int = 4 * 2**20
    """Most numbers or strings in a request of JSON, all its inputs together."""

    version_hash: str = ""
    """What scoring/hashing/version_hash.py must find of the version, 64 hexadecimal digits; empty: anything."""

    sample_share: float = 0.0
    """Share of the answered requests that scoring/monitoring/sampling.py notes, 0 to 1."""

    sample_folder: str = ""
    """Folder for rotating files of samples; empty: they are lines of the log."""

    sample_file_bytes: int = 10 * 2**20
    """Size at which a file of samples is put aside and a new one begun."""

    sample_files: int = 10
    """Files of samples that a process keeps, the one that it writes included; 2 or more."""

    sample_images: bool = False
    """Keep the bodies themselves in the samples ("0" or "1"); needs the folder."""


def read_settings(environ: Mapping[str, str]) -> ServiceSettings:
    """Take the settings from `environ`; a malformed value is a StartupError that names its variable."""
    defaults = ServiceSettings()
    settings = ServiceSettings(
        require_gpu=_flag(environ, "SCORING_REQUIRE_GPU", defaults.require_gpu),
        precision=_choice(environ, "SCORING_PRECISION", defaults.precision, PRECISIONS),
        xla=_flag(environ, "SCORING_XLA", defaults.xla),
        max_batch=_positive(environ, "SCORING_MAX_BATCH", defaults.max_batch),
        lanes=_positive(environ, "SCORING_LANES", defaults.lanes),
        max_queue=_positive(environ, "SCORING_MAX_QUEUE", defaults.max_queue),
        max_held_bytes=_positive(environ, "SCORING_MAX_HELD_BYTES", defaults.max_held_bytes),
        timeout_ms=_positive(environ, "SCORING_TIMEOUT_MS", defaults.timeout_ms),
        max_body_bytes=_positive(environ, "SCORING_MAX_BODY_BYTES", defaults.max_body_bytes),
        max_pixels=_positive(environ, "SCORING_MAX_PIXELS", 1) if "SCORING_MAX_PIXELS" in environ else None,
        max_rows=_positive(environ, "SCORING_MAX_ROWS", defaults.max_rows),
        max_values=_positive(environ, "SCORING_MAX_VALUES", defaults.max_values),
        version_hash=_digest(environ, VARIABLE),
        sample_share=_share(environ, "SCORING_SAMPLE_SHARE", defaults.sample_share),
        sample_folder=environ.get("SCORING_SAMPLE_FOLDER", defaults.sample_folder),
        sample_file_bytes=_positive(environ, "SCORING_SAMPLE_FILE_BYTES", defaults.sample_file_bytes),
        sample_files=_positive(environ, "SCORING_SAMPLE_FILES", defaults.sample_files),
        sample_images=_flag(environ, "SCORING_SAMPLE_IMAGES", defaults.sample_images),
    )
    if settings.sample_files == 1:
        raise StartupError("SCORING_SAMPLE_FILES='1' must be 2 or more: one is written, the others are older.")
    if settings.sample_images and not settings.sample_folder:
        raise StartupError("SCORING_SAMPLE_IMAGES=1 needs SCORING_SAMPLE_FOLDER: the log is no place for images.")
    return settings


def _digest(environ: Mapping[str, str], variable: str) -> str:
    text = environ.get(variable, "")
    if text and not DIGEST.fullmatch(text):
        raise StartupError(f"{variable}={text!r} must be 64 hexadecimal digits in lower case.")
    return text


def _share(environ: Mapping[str, str], variable: str, default: float) -> float:
    text = environ.get(variable, str(default))
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not 0 <= share <= 1:
        raise StartupError(f"{variable}={text!r} must be a number from 0 to 1.")
    return share


def _flag(environ: Mapping[str, str], variable: str, default: bool) -> bool:
    return _choice(environ, variable, str(int(default)), ("0", "1")) == "1"


def _choice(environ: Mapping[str, str], variable: str, default: str, allowed: tuple[str, ...]) -> str:
    text = environ.get(variable, default)
    if text not in allowed:
        raise StartupError(f"{variable}={text!r} must be {', '.join(allowed[:-1])} or {allowed[-1]}.")
    return text


def _positive(environ: Mapping[str, str], variable: str, default: int) -> int:
    text = environ.get(variable, str(default))
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise StartupError(f"{variable}={text!r} must be a whole number above 0.")
    return int(text)
