"""Files on the workspace's default datastore, by their path there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

LARGEST = 64 * 2**20
"""Bytes of a file that is read into memory, unless somebody expects more."""
Credential = Literal["account key", "shared access signature", "identity"]
"""What files are asked for with; ``identity``: the datastore has no credential, so as whoever is signed in."""
Sent = Callable[[int], None]
"""Called with the bytes that were sent since it was called last, by any thread."""


def unwatched(_sent: int) -> None:
    """Of an upload that nobody watches."""


def leads_out(folder: Path, name: str) -> bool:
    """Whether the path ``name``, as somebody stored it, would be outside of ``folder`` when it is brought there."""
    return not (folder / name).resolve().is_relative_to(folder.resolve())


@dataclass(frozen=True)
class StoredFile:
    """A file as it was read; whoever replaces it shows by ``etag`` that nobody did meanwhile."""

    content: bytes
    etag: str


class Files(Protocol):
    @property
    def datastore(self) -> str:
        """Name of the default datastore."""

    @property
    def credential(self) -> Credential:
        """What the default datastore is read and written with."""

    def sizes(self, folder: str) -> dict[str, int]:
        """Bytes of every file below ``folder``, by its path from there; empty where there is none."""

    def upload(self, files: Mapping[str, Path], sent: Sent = unwatched) -> None:
        """Send local files to these paths, several at once, replacing what is there.

        Either all arrive or an error is raised. No file is seen before all of it has come; of a great one, what came
        before a cut isn't sent again.
        """

    def download(self, files: Mapping[str, Path]) -> None:
        """Bring the files of these paths to local ones, whose folders are made; RequestError when one isn't there."""

    def delete(self, path: str) -> None:
        """Remove the file, where there is one."""

    def read(self, path: str, largest: int = LARGEST) -> StoredFile | None:
        """The whole file; None where there is none. RequestError for one of more than ``largest`` bytes."""

    def write(self, path: str, content: bytes, etag: str | None) -> str | None:
        """Replace the file whose ETag this is, or make it where ``etag`` is None; the new ETag.

        None when somebody else replaced or made it meanwhile: nothing was written then.
        """

    def now(self) -> datetime:
        """UTC by the clock of the storage, as its last answer to read() or write() told it.

        Those who share a datastore share this clock, while their own may differ.
        """
