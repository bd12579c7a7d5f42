"""Blocks that were staged for a blob and wait to be committed: files below `blocks/`."""

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

from azureml_emulator.azure.storage.blobs.blocklist import Reference
from azureml_emulator.azure.storage.blobs.files import etag, scratch_for
from azureml_emulator.azure.storage.blobs.records import PLAIN, Properties, Record
from azureml_emulator.errors import BadRequest
from azureml_emulator.state.disk.whole_files import PARTIAL

_LONGEST_ID = 88  # characters in base64, which are 64 bytes
_COPIED = 2**20
_KEPT_SECONDS = 7 * 24 * 3600
_BEFORE_RECORDS = "block-lists"
"""Where earlier versions kept what a blob was made of."""

Source = tuple[Path, int, int]
"""A part of a file: from where, and how many bytes."""


class Blocks:
    """Those of one blob."""

    def __init__(self, state: Path, blob: str) -> None:
        name = hashlib.sha256(blob.encode()).hexdigest()
        self._folder = state / "blocks" / name
        self._record = Record(state, blob)

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

    def commit(
        self,
        references: Sequence[Reference],
        file: Path,
        check: Callable[[], None] = lambda: None,
        properties: Properties = PLAIN,
    ) -> None:
        """Make a blob of them. ``<Latest>`` is a block as it was uploaded last, or else as the blob has it.

        Two uploads of one file share the ids of its blocks: the first to commit takes what the other uploaded.

        ``check`` is called when no other change can come in between; what it raises keeps the file as it was.
        Raises BadRequest when a block is not where it should be.
        """
        with self._record.lock:
            check()
            waiting = self._waiting()
            sources = self._sources(references, file, waiting)
            scratch = scratch_for(file)
            try:
                _join(sources, scratch)
                made_of = tuple(
                    (block_id, size) for (_, block_id), (_, _, size) in zip(references, sources, strict=True)
                )
                self._record.move(scratch, file, replace(properties, blocks=made_of))
            finally:
                scratch.unlink(missing_ok=True)
            self._delete(waiting)

    def _sources(self, references: Sequence[Reference], file: Path, waiting: Mapping[str, str]) -> list[Source]:
        committed = _parts(file, self._record.settled(file))
        uploaded = {one: (block, 0, block.stat().st_size) for one in waiting if (block := self._file(one)).exists()}
        places = {"Latest": committed | uploaded, "Uncommitted": uploaded, "Committed": committed}
        if missing := [block_id for where, block_id in references if block_id not in places[where]]:
            message = f"{len(missing)} of {len(references)} blocks were not uploaded"
            raise BadRequest(message, code="InvalidBlockList")
        return [places[where][block_id] for where, block_id in references]

    def discard(self) -> None:
        """As Azure does when a blob is written as a whole; for whoever holds the lock of its record."""
        self._delete(self._waiting())

    def give_up(self) -> None:
        """What waits for a blob for which there was no room: its client sends the rest no more."""
        with self._record.lock:
            self._delete(self._waiting())

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


def _parts(file: Path, properties: Properties) -> dict[str, Source]:
    """Of a blob that was made of blocks."""
    starts = accumulate((size for _, size in properties.blocks), initial=0)
    return {block_id: (file, start, size) for start, (block_id, size) in zip(starts, properties.blocks, strict=False)}


def _join(sources: Iterable[Source], file: Path) -> None:
    with file.open("wb") as output:
        for path, start, size in sources:
            left = size
            with path.open("rb") as source:
                source.seek(start)
                while left and (piece := source.read(min(left, _COPIED))):
                    left -= output.write(piece)


def delete_old_blocks(state: Path) -> None:
    """At start: blocks that nobody committed in a week, as Azure deletes them."""
    shutil.rmtree(state / _BEFORE_RECORDS, ignore_errors=True)
    with suppress(FileNotFoundError):
        for folder in (state / "blocks").iterdir():
            if folder.stat().st_mtime < time.time() - _KEPT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
