"""Blocks that were staged for a blob and wait to be committed: files below `blocks/`."""

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock

from azureml_emulator.azure.storage.blobs.committed import Committed, Part
from azureml_emulator.azure.storage.blobs.files import etag, scratch_for
from azureml_emulator.errors import BadRequest
from azureml_emulator.state.whole_files import PARTIAL

_LONGEST_ID = 88  # characters in base64, which are 64 bytes
_COPIED = 2**20
_KEPT_SECONDS = 7 * 24 * 3600
_locks = [Lock() for _ in range(16)]
"""Each for the commits of many blobs."""


class Blocks:
    """Those of one blob."""

    def __init__(self, state: Path, blob: str) -> None:
        name = hashlib.sha256(blob.encode()).hexdigest()
        self._folder = state / "blocks" / name
        self._committed = Committed(state / "block-lists" / f"{name}.json")
        self._lock = _locks[int(name[0], 16)]

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

    def commit(self, ids: Sequence[str], file: Path, check: Callable[[], None] = lambda: None) -> None:
        """Make a blob of them, each as it was uploaded last or else as the blob has it, as Azure does for ``<Latest>``.

        Two uploads of one file share the ids of its blocks: the first to commit takes what the other uploaded.

        ``check`` is called when no other commit can come in between; what it raises keeps the file as it was.
        Raises BadRequest when a block is in neither place.
        """
        with self._lock:
            waiting, parts = self._waiting(), self._committed.parts(file)
            if missing := [one for one in ids if one not in waiting and one not in parts]:
                raise BadRequest(f"{len(missing)} of {len(ids)} blocks were not uploaded", code="InvalidBlockList")
            sources = [(self._file(one), None) if one in waiting else (file, parts[one]) for one in ids]
            scratch = scratch_for(file)
            try:
                sizes = _join(sources, scratch)
                check()
                version = etag(scratch)
                scratch.replace(file)
            finally:
                scratch.unlink(missing_ok=True)
            self._committed.remember(version, list(zip(ids, sizes, strict=True)))
            self._delete(waiting)

    def discard(self) -> None:
        """As Azure does when a blob is written as a whole."""
        with self._lock:
            self._committed.forget()
            self._delete(self._waiting())

    def give_up(self) -> None:
        """What waits for a blob for which there was no room: its client sends the rest no more."""
        with self._lock:
            self._delete(self._waiting())

    def forget(self) -> None:
        """What a blob was made of, which is deleted."""
        self._committed.forget()

    def tidy(self) -> None:
        """To be called by the event loop, which makes the folder and a file in it in one go."""
        with suppress(OSError):  # it isn't there, or isn't empty
            self._folder.rmdir()

    def _waiting(self) -> dict[str, str]:
        """The ETag of each by its id."""
        return {block_id: etag(self._file(block_id)) for block_id in self.sizes()}

    def _delete(self, blocks: Mapping[str, str]) -> None:
        """Not those that were uploaded again meanwhile, nor the folder: a block may be on its way into it."""
        for block_id, version in blocks.items():
            if etag(block := self._file(block_id)) == version:
                block.unlink(missing_ok=True)

    def _file(self, block_id: str) -> Path:
        """Ids are the client's: in hexadecimal they lead nowhere else."""
        if not 0 < len(block_id) <= _LONGEST_ID:
            raise BadRequest(f"the block id {block_id[:_LONGEST_ID]!r} is not one of 1 to 64 bytes in base64")
        return self._folder / block_id.encode().hex()


def _join(sources: Iterable[tuple[Path, Part | None]], file: Path) -> list[int]:
    """Write files, or parts of them, one after the other. Returns the bytes of each."""
    sizes = []
    with file.open("wb") as output:
        for path, part in sources:
            with path.open("rb") as source:
                source.seek(part.start if part else 0)
                left = size = part.size if part else os.fstat(source.fileno()).st_size
                while left and (piece := source.read(min(left, _COPIED))):
                    left -= output.write(piece)
            sizes.append(size)
    return sizes


def delete_old_blocks(state: Path) -> None:
    """At start: blocks that nobody committed in a week, as Azure deletes them."""
    with suppress(FileNotFoundError):
        for folder in (state / "blocks").iterdir():
            if folder.stat().st_mtime < time.time() - _KEPT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
