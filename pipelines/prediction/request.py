"""What passes between the command line and the process that answers."""

from pathlib import Path

from pydantic import JsonValue

from scoring.contract import Contract
from steps.artifacts.artifact import Part


class Request(Part):
    """Files for a model."""

    folder: Path
    """A SavedModel, or the folder of a registered version, which brings its contract."""
    contract: Contract | None
    """Of the SavedModel."""
    files: tuple[str, ...]
    longest: int
    """Bytes of a file that the service takes."""


class Reply(Part):
    """About one file: an answer, or why there is none."""

    file: str
    body: JsonValue = None
    error: str | None = None


class Replies(Part):
    replies: tuple[Reply, ...] = ()
    """In the order of the files."""
    device: str = ""
    """Where the model ran, such as CPU:0."""
    not_started: str | None = None
    """Why the service wouldn't start with the model."""
