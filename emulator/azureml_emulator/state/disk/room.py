"""Room on the disk of the state folder: some is kept back, so that what has begun can be noted as ended."""

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

RESERVE_BYTES = 4 * 1024 * 1024
"""Notes of how runs and operations end have some kilobytes each."""
_LOW_BYTES = 1024 * 1024
_PLENTY_BYTES = 64 * 1024 * 1024
_NOTHING_BYTES = 64 * 1024
_PATIENCE_SECONDS = 0.5
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class Reserve:
    """A file that is given up when the disk is nearly full, and made again when there is room."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "reserve"
        self._kept = self._file.is_file()
        self.look()

    def look(self) -> None:
        """Called before each write: a system call, of a microsecond."""
        free = _free_bytes(self._folder)
        if self._kept and free < _LOW_BYTES:
            self._file.unlink(missing_ok=True)
            self._kept = False
        elif not self._kept and free > _PLENTY_BYTES:
            self._keep()

    def _keep(self) -> None:
        try:
            self._file.write_bytes(bytes(RESERVE_BYTES))
            self._kept = True
        except OSError:  # taken meanwhile
            self._file.unlink(missing_ok=True)


def _free_bytes(folder: Path) -> int:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


@contextmanager
def told_as_system_does(database: Path) -> Iterator[None]:
    """OSError where a database has no room, which SQLite says in words, and of its shared memory calls an I/O error."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "is full" not in str(error) and _free_bytes(database.parent) > _NOTHING_BYTES:
            raise
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(database)) from None


def is_no_room(error: BaseException) -> bool:
    """Whether a disk, or what somebody may have of it, is full."""
    if isinstance(error, shutil.Error):  # of many files
        return any(os.strerror(number) in str(error) for number in _NO_ROOM)
    return isinstance(error, OSError) and error.errno in _NO_ROOM


def without_room(error: BaseException) -> str:
    """What a person is told where `is_no_room`."""
    file = getattr(error, "filename", None)
    place = f"the disk of {file}" if file else "the disk"
    return f"there is no room on {place}: make some and try again; what the workspace holds is whole"


async def when_there_is_room(note: Callable[[], None]) -> None:
    """Note how something ended. What was kept back has room for that, unless runs were quicker to take it."""
    import asyncio  # the verbs, which take no longer than their imports, are quicker without

    while not _noted(note):
        await asyncio.sleep(_PATIENCE_SECONDS)


def _noted(note: Callable[[], None]) -> bool:
    try:
        note()
    except OSError as error:
        if not is_no_room(error):
            raise
        return False
    return True


def reason_of(error: Exception) -> str:
    """Why something ended that the workspace did for a client, in its error."""
    return without_room(error) if is_no_room(error) else f"{type(error).__name__}: {error}"
