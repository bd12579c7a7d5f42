"""What a run's configuration must be like, in a body or as the text of a step."""

from typing import Annotated, Any

from pydantic import AfterValidator
from typing_extensions import TypedDict

from azureml_emulator.azure.assets.environments.shapes import Environment
from azureml_emulator.server.requests.shapes import Items, NumberText, Reference, Scalar, Variables


def _command(value: object) -> object:
    words = value if isinstance(value, list) else [value]
    if any(not isinstance(word, str) or "\0" in word for word in words):
        raise ValueError("a text, or a list of texts")
    return value


class Mpi(TypedDict, total=False):
    processCountPerNode: NumberText | None


class History(TypedDict, total=False):
    directoriesToWatch: Items[str] | None


class RunConfiguration(TypedDict, total=False):
    script: Reference | None
    arguments: Items[Scalar] | None
    command: Annotated[Any, AfterValidator(_command)] | None
    target: Reference | None
    framework: str | None
    communicator: str | None
    nodeCount: NumberText | None
    maxRunDurationSeconds: NumberText | None
    mpi: Mpi | None
    history: History | None
    environment: Environment | None
    environmentVariables: Variables | None
