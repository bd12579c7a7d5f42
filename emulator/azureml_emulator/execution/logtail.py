"""What is done with a log, which may be larger than memory."""

import codecs
import os
from functools import partial
from pathlib import Path

from azureml_emulator.state.whole_files import scratch_of

_CHUNK = 1 << 20


def log_tail(log: Path, limit: int) -> str:
    """Its last bytes, at most so many, as text."""
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - limit))
        return file.read(limit).decode(errors="replace")


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
