"""The end of a log, which may be larger than memory."""

import os
from pathlib import Path


def log_tail(log: Path, limit: int) -> str:
    """Its last bytes, at most so many, as text."""
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - limit))
        return file.read(limit).decode(errors="replace")
