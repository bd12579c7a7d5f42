"""Parts of a log that may still grow."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from azureml_emulator.azure.runs.scriptruns.runs import LOG
from azureml_emulator.execution.files import log_file
from azureml_emulator.state.workspace import LocalWorkspace

LIMIT = 256 * 1024
"""Bytes that one page or one answer shows: browsers are slow with more."""


@dataclass(frozen=True)
class Log:
    text: str
    start: int
    """In bytes. More than 0: the beginning is left out."""
    end: int
    """Where the next part starts."""


def log_of(workspace: LocalWorkspace, run_id: str) -> Path:
    """Of a step of SDK v1, or of a script run or a job, which have another; there or not."""
    of_step = log_file(workspace, run_id)
    return of_step if of_step.is_file() else log_file(workspace, run_id, LOG)


def log_parts(file: Path) -> Iterator[bytes]:
    """All that stands in a log by now; nothing where there is none."""
    if file.is_file():
        with file.open("rb") as log:
            left = log.seek(0, 2)
            log.seek(0)
            while part := log.read(min(left, LIMIT)):
                left -= len(part)
                yield part


def read_log(file: Path, start: int | None = None, limit: int = LIMIT) -> Log:
    """What stands from a byte on; without one, the end of the log, from the start of a line. Empty where there is none.

    A character that is only half written waits for the next part.
    """
    if not file.is_file():
        return Log("", 0, 0)
    with file.open("rb") as log:
        size = log.seek(0, 2)
        first = max(size - limit, 0) if start is None else min(max(start, 0), size)
        log.seek(first)
        data = log.read(limit)
    if start is None and first:
        whole = data.partition(b"\n")[2] or data
        first, data = first + len(data) - len(whole), whole
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = decoder.decode(data)
    unfinished, _ = decoder.getstate()
    return Log(text, first, first + len(data) - len(unfinished))
