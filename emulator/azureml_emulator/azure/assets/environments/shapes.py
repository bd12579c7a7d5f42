"""What an environment must be like, wherever it is sent: registered, in a run's configuration, in a deployment."""

from typing import Annotated, Any

from pydantic import AfterValidator
from typing_extensions import TypedDict

from azureml_emulator.server.requests.shapes import Items, Variables


def _dependency(value: object) -> object:
    """A conda package, or those of pip in one object."""
    pip = value.get("pip") if isinstance(value, dict) else None
    if not isinstance(value, str | dict) or not isinstance(pip, list | None) or not all(map(_is_text, pip or [])):
        raise ValueError("a text, or an object whose pip is a list of texts")
    return value


def _is_text(value: object) -> bool:
    return isinstance(value, str)


class CondaDependencies(TypedDict, total=False):
    dependencies: Items[Annotated[Any, AfterValidator(_dependency)]] | None


class Python(TypedDict, total=False):
    userManagedDependencies: bool | None
    condaDependencies: CondaDependencies | None


class Environment(TypedDict, total=False):
    name: str | None
    version: str | None
    environmentVariables: Variables | None
    python: Python | None
