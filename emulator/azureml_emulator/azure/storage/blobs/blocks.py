"""Blocks that were staged for a blob and wait to be committed: files below `blocks/`."""

import hashlib
import os
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from azureml_emulator.azure.storage.blobs.files import scratch_for
from azureml_emulator.errors import BadRequest
from azureml_emulator.state.whole_files import PARTIAL

_LONGEST_ID = 88  # characters in base64, which are 64 bytes
_COPIED = 2**20
_KEPT_SECONDS = 7 * 24 * 3600


class Blocks:
    """Those of one blob."""

    def __init__(self, state: Path, blob: str) -> None:
        self._folder = state / "blocks" / hashlib.sha256(blob.encode()).hexdigest()

    def place(self, block_id: str) -> Path:
        """Where one is written. Raises BadRequest for an id that is too long, or of another length than the others."""
        others = next(iter(self.sizes(most=1)), block_id)
        if len(others) != len(block_id):
            message = f"the block id {block_id!r} is not as long as those that wait, of {len(others)} characters"
            raise BadRequest(message, code="InvalidBlobOrBlock")
        return self._file(block_id)

    def sizes(self, most: int | None = None) -> dict[str, int]:
        """Bytes by id, of all or of the first that are found."""
        found: dict[str, int] = {}
        with suppress(FileNotFoundError), os.scandir(self._folder) as entries:
            for entry in entries:
                if len(found) == most:
                    break
                if not entry.name.endswith(PARTIAL):
                    found[bytes.fromhex(entry.name).decode(errors="replace")] = entry.stat().st_size
        return found

    def commit(self, ids: Sequence[str], file: Path) -> None:
        """Make a blob of them. Raises BadRequest when one was never uploaded."""
        blocks = [self._file(block_id) for block_id in ids]
        if missing := [block for block in blocks if not block.is_file()]:
            raise BadRequest(f"{len(missing)} of {len(blocks)} blocks were not uploaded", code="InvalidBlockList")
        scratch = scratch_for(file)
        try:
            with scratch.open("wb") as output:
                for block in blocks:
                    with block.open("rb") as source:
                        shutil.copyfileobj(source, output, _COPIED)
            scratch.replace(file)
        finally:
            scratch.unlink(missing_ok=True)
        self.discard()

    def discard(self) -> None:
        """As Azure does when a blob is written as a whole."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _file(self, block_id: str) -> Path:
        """Ids are the client's: in hexadecimal they lead nowhere else."""
        if not 0 < len(block_id) <= _LONGEST_ID:
            raise BadRequest(f"the block id {block_id[:_LONGEST_ID]!r} is not one of 1 to 64 bytes in base64")
        return self._folder / block_id.encode().hex()


def delete_old_blocks(state: Path) -> None:
    """At start: blocks that nobody committed in a week, as Azure deletes them."""
    with suppress(FileNotFoundError):
        for folder in (state / "blocks").iterdir():
            if folder.stat().st_mtime < time.time() - _KEPT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
