"""A rotating file of samples for each scoring process."""

import fcntl
import logging
from contextlib import suppress
from itertools import count
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO


class SampleFile:
    """`samples-N.jsonl` in `folder`, and the older `samples-N.jsonl.1` and so on beside it.

    N is the least number that no other process has, so processes that come and go don't leave ever more files: for each
    process that ran at once, `folder` holds at most `files` files of `file_bytes`, or of one longer line.
    """

    def __init__(self, folder: Path, file_bytes: int, files: int) -> None:
        self._folder = folder
        self._file_bytes = file_bytes
        self._files = files
        self._lock: IO[str] | None = None
        self._path = folder
        self._handler: _Rotating | None = None

    def write(self, line: str) -> None:
        """Append one line. OSError when it can't be written; the next call begins anew, with the folder."""
        if self._lock is None:
            self._claim()
        if self._handler is None:
            self._handler = _Rotating(self._path, "a", self._file_bytes, self._files - 1, "utf-8")
        try:
            self._handler.emit(logging.makeLogRecord({"msg": line}))
        except OSError:
            with suppress(OSError):  # it tries once more to write what it couldn't
                self._handler.close()
            self._handler = None
            raise

    def _claim(self) -> None:
        """Choose the file. Its lock ends with the process, however that ends."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number in count():
            self._path = self._folder / f"samples-{number}.jsonl"
            lock = self._path.with_suffix(".lock").open("a")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                continue
            self._lock = lock
            return


class _Rotating(RotatingFileHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 -- logging's name
        """Let the error out, which logging would print and forget."""
        raise  # noqa: PLE0704 -- called while the error is handled
