"""What passes between the command line and the process that answers."""

from pathlib import Path

from pydantic import JsonValue

from config.sections.contract import Input, Task
from steps.artifacts.artifact import Part


class Wishes(Part):
    """What the settings say of a model."""

    input: Input
    task: Task
    labels: tuple[str, ...]


class Request(Part):
    """Files for a model."""

    folder: Path
    """A SavedModel, or the folder of a registered version, which brings its contract."""
    called: str
    """As messages name it."""
    wishes: Wishes | None
    """For the SavedModel."""
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
    refusal: str | None = None
    """Why the model can't be served, or the service wouldn't start with it."""
