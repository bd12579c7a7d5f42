"""What all artifacts have in common: they are closed values, and written whole."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError
from typing_extensions import Self

from config.errors import WorkspaceError


class Part(BaseModel):
    """Base of every value: frozen and closed, so that a file of another version is refused, not misread."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class Artifact(Part):
    """A value with a file of its own."""

    file_name: ClassVar[str]
    step: ClassVar[str]
    """The step that makes it."""

    @classmethod
    def kept_as(cls) -> str:
        """Its name among the files of that step's run."""
        return f"outputs/{cls.file_name}"

    def decides(self) -> Mapping[str, object]:
        """What it says that decides anything: the same whenever its step does its work again, unlike a measured time.

        All of it, unless a kind of artifact says otherwise.
        """
        return self.model_dump()

    def agrees_with(self, found: Self) -> bool:
        """Whether this may have been recorded by an earlier life of the step, which now has ``found`` what it says."""
        return self.decides() == found.decides()

    def to_bytes(self) -> bytes:
        """The content of the file."""
        return f"{self.model_dump_json(indent=2)}\n".encode()

    def write(self, folder: Path) -> Path:
        """Write the file into ``folder``, made if absent, in one move: a killed step leaves no half of it."""
        return write_whole(folder / self.file_name, self.to_bytes())

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the file in ``folder``; WorkspaceError when the step before left none, or left another version's."""
        path = folder / cls.file_name
        try:
            return cls.parse(path.read_bytes(), str(path))
        except FileNotFoundError:
            raise WorkspaceError(f"{path} isn't there: see the log of the step that should have written it") from None

    @classmethod
    def parse(cls, content: bytes, path: str) -> Self:
        """The value of a file's content; WorkspaceError, which names ``path``, for another version's."""
        try:
            return cls.model_validate_json(content)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise WorkspaceError(f"{path}: {where}: {first['msg']}: was it written by another version?") from None


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file, whose folder is made if absent, in one move."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    draft.write_bytes(content)
    return draft.replace(path)
