"""Environments: an image, its packages, and the variables of the processes in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Environment:
    """A definition; one that was registered has a version."""

    name: str
    dockerfile: str
    """What the image is built from, before the packages are added."""
    conda: str
    """The conda specification, as YAML text."""
    variables: Mapping[str, str]
    """SDK v1 keeps them with the environment; SDK v2 has none there, so they go with each deployment and run."""
    version: str | None = None


class Environments(Protocol):
    def register(self, environment: Environment) -> Environment:
        """Make it known to the workspace, whatever is registered under its name; the same with its version."""

    def find(self, name: str, version: str | None) -> Environment:
        """A registered one, the newest without ``version``. RequestError when there is none."""
