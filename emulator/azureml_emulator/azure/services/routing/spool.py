"""The body of a message that passes the router: in memory while it is small, else in a file that has no name."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

SMALL = 1024 * 1024
"""Bytes of one body in memory."""
MEMORY = 8 * 1024 * 1024
"""Of all bodies together; whatever comes then goes to files from its beginning."""
DISK = 2 * 1024 * 1024 * 1024
"""Bytes in files, of all bodies together."""
PIECE = 256 * 1024


class NoRoomError(Exception):
    """The message says of what."""


class Spools:
    """Counts what all bodies take. `folder` is where the files are: not the system's, which may lie in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.in_memory = 0
        self.on_disk = 0

    def new(self) -> "Spool":
        return Spool(self)


class Spool:
    """One body: written, then read from its beginning as often as is needed, then closed."""

    def __init__(self, spools: Spools) -> None:
        self._all = spools
        self._pieces: list[bytes] = []
        self._file: IO[bytes] | None = None
        self.size = 0

    def write(self, piece: bytes) -> None:
        """Raises NoRoomError when there are too many bodies, or the disk is full."""
        if self._file is None and not self._fits(piece):
            self._move_to_file()
        if self._file is None:
            self._pieces.append(piece)
            self._all.in_memory += len(piece)
        else:
            self._append(self._file, piece)
        self.size += len(piece)

    def whole(self) -> bytes | None:
        """None for a body that is in a file."""
        if self._file is not None:
            return None
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)

    def pieces(self) -> Iterator[bytes]:
        """All of it; nothing is written meanwhile."""
        if self._file is None:
            yield from self._pieces
            return
        self._file.seek(0)
        while piece := self._file.read(PIECE):
            yield piece

    def clear(self) -> None:
        """Forget what was written. An empty spool holds nothing, and needn't be closed."""
        if self._file is None:
            self._all.in_memory -= self.size
            self._pieces.clear()
        else:
            self._all.on_disk -= self.size
            self._file.close()
            self._file = None
        self.size = 0

    def _fits(self, piece: bytes) -> bool:
        return self.size + len(piece) <= SMALL and self._all.in_memory + len(piece) <= MEMORY

    def _move_to_file(self) -> None:
        try:
            file = tempfile.TemporaryFile(dir=self._all.folder, buffering=0)  # noqa: SIM115 -- clear() closes it
        except OSError as error:
            raise NoRoomError(f"a large body cannot be kept: {error.strerror}") from None
        pieces = self._pieces.copy()
        self.clear()
        self._file = file
        for piece in pieces:
            self._append(file, piece)
            self.size += len(piece)

    def _append(self, file: IO[bytes], piece: bytes) -> None:
        if self._all.on_disk + len(piece) > DISK:
            raise NoRoomError(f"{self._all.on_disk} bytes of large bodies are on their way already")
        self._all.on_disk += len(piece)
        try:
            written = file.write(piece)
        except OSError as error:
            self._all.on_disk -= len(piece)
            raise NoRoomError(f"a large body cannot be kept: {error.strerror}") from None
        if written != len(piece):
            self._all.on_disk -= len(piece)
            raise NoRoomError("a large body cannot be kept: the disk is full")
