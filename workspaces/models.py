"""Registered models."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class ModelVersion:
    """One version of a registered model."""

    name: str
    version: int
    tags: Mapping[str, str]
    properties: Mapping[str, str] = field(default_factory=dict)
    """What it was registered with, and nobody can change; a tag is anybody's."""

    @property
    def id(self) -> str:
        """``name:version``."""
        return f"{self.name}:{self.version}"


class Models(Protocol):
    def versions(self, name: str, tags: Mapping[str, str] | None = None) -> list[ModelVersion]:
        """All versions that have these tags, the newest first; empty when there is none."""

    def register(
        self, name: str, folder: Path, tags: Mapping[str, str], properties: Mapping[str, str] | None = None
    ) -> ModelVersion:
        """Register a folder as the next version; it is later found under the folder's own name."""

    def download(self, version: ModelVersion, folder: Path) -> None:
        """Bring what was registered into ``folder``, as a service sees it in AZUREML_MODEL_DIR."""

    def size(self, version: ModelVersion) -> int:
        """Bytes of all files that download() would bring."""

    def set_tags(self, version: ModelVersion, tags: Mapping[str, str]) -> None:
        """Replace all tags of the version at once."""
