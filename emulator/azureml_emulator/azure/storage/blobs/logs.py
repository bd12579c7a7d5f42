"""Which logs are being streamed: remembered so that a run does not end before its log was read to the end."""

import time
from pathlib import Path

from azureml_emulator.state.workspace import LocalWorkspace

_RECENT_SECONDS = 3.0


def note_read(workspace: LocalWorkspace, file: Path) -> None:
    if file.suffix == ".txt" and "logs" in file.parent.name:
        workspace.log_reads[file] = time.monotonic()


def read_recently(workspace: LocalWorkspace, file: Path) -> bool:
    read_at = workspace.log_reads.pop(file, None)
    return read_at is not None and time.monotonic() - read_at < _RECENT_SECONDS
