"""Files that are there as a whole or not at all, whenever the process is killed."""

import os
import shutil
from pathlib import Path

from azureml_emulator.wire import new_id

PARTIAL = ".partial-upload"
_OTHERS_WRITE_IN = ("runs", "services")


def scratch_of(file: Path) -> Path:
    """Where a file is written until it is whole, in the same folder. What a kill leaves there is deleted at start."""
    return file.with_name(f".{new_id()}{PARTIAL}")


def write_whole(file: Path, content: bytes) -> None:
    """Readable by its owner only, in the place of what was there."""
    scratch = scratch_of(file)
    try:
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as output:
            output.write(content)
        scratch.replace(file)
    finally:
        scratch.unlink(missing_ok=True)


def copy_whole(source: Path, file: Path) -> None:
    scratch = scratch_of(file)
    try:
        shutil.copyfile(source, scratch)
        scratch.replace(file)
    finally:
        scratch.unlink(missing_ok=True)


def delete_partial(state: Path) -> None:
    """Called at start: what was being written when the process was killed."""
    for parent, folders, names in os.walk(state):
        if Path(parent) == state:
            folders[:] = [folder for folder in folders if folder not in _OTHERS_WRITE_IN]
        for name in names:
            if name.endswith(PARTIAL):
                Path(parent, name).unlink(missing_ok=True)
