"""What is done with a log, which may be larger than memory."""

import codecs
import os
import re
from functools import partial
from pathlib import Path

from azureml_emulator.state.disk.whole_files import scratch_of

_CHUNK = 1 << 20
_RAISED = re.compile(r"Traceback \(most recent call last\):\n(?:[ \t]+.*\n)+(\S.*)")
"""Of errors that others raised on top of it, Python prints the first one first."""


def log_tail(log: Path, limit: int) -> str:
    """Its last bytes, at most so many, as text."""
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - limit))
        return file.read(limit).decode(errors="replace")


def first_error(text: str) -> str:
    """What was raised first, by the tracebacks of a log; empty where it has none."""
    found = _RAISED.search(text)
    return found[1].strip() if found else ""


def make_text(log: Path) -> None:
    """Spell out the bytes that aren't UTF-8: the SDK's clients decode whole logs, and fail at the first such byte."""
    if _is_text(log):
        return
    scratch = scratch_of(log)
    try:
        with (
            log.open(encoding="utf-8", errors="backslashreplace", newline="") as text,
            scratch.open("w", encoding="utf-8", newline="") as output,
        ):
            for chunk in iter(partial(text.read, _CHUNK), ""):
                output.write(chunk)
        scratch.replace(log)
    finally:
        scratch.unlink(missing_ok=True)


def _is_text(log: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with log.open("rb") as file:
            for chunk in iter(partial(file.read, _CHUNK), b""):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
