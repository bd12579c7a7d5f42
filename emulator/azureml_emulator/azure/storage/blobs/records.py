"""What a blob's file cannot say: a file below `blob-records/`, which counts for one version of the blob's file only.

Whoever changes a blob holds its record's lock, and writes down what it will be before it becomes that: killed in the
middle, the blob is either as it was or as it was to be. A file that a run, or a person, writes itself is a plain blob.
"""

import hashlib
import json
import os
import shutil
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from azureml_emulator.azure.storage.blobs.files import etag, version
from azureml_emulator.state.disk.whole_files import write_whole

FOLDER = "blob-records"
BLOCK_BLOB = "BlockBlob"
APPEND_BLOB = "AppendBlob"
_Versions = dict[str, dict[str, Any]]
_locks = [Lock() for _ in range(16)]
"""Each for the changes of many blobs."""


@dataclass(frozen=True)
class Properties:
    kind: str = BLOCK_BLOB
    metadata: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    """What its sender wants to be answered with it, `Content-Type` and the like."""

    blocks: tuple[tuple[str, int], ...] = ()
    """The id and the bytes of each block that it was made of, in order."""

    appends: int = 0
    """Blocks that were appended to it."""


PLAIN = Properties()


class Record:
    """Of one blob."""

    def __init__(self, state: Path, blob: str) -> None:
        name = hashlib.sha256(blob.encode()).hexdigest()
        self._path = state / FOLDER / f"{name}.json"
        self.lock = _locks[int(name[0], 16)]

    def properties(self, file: Path) -> Properties:
        versions = self._versions()
        found = versions.get(etag(file))
        if versions and (found is None or "growth" in found):
            with self.lock:  # it is being changed, or was when the process was killed
                return self.settled(file)
        return _read(found)

    def settled(self, file: Path) -> Properties:
        """For whoever holds the lock: what was left of an append that did not end is taken back first."""
        versions = self._versions()
        for to_be, growth in ((key, one["growth"]) for key, one in versions.items() if "growth" in one):
            if etag(file) not in versions:
                _shrink(file, growth)
            elif etag(file) == to_be:
                self._finish(file, _read(versions[to_be]))
        return _read(versions.get(etag(file)))

    def move(self, scratch: Path, file: Path, properties: Properties) -> None:
        """Put a new file in the blob's place."""
        self._announce(file, etag(scratch), properties)
        scratch.replace(file)
        if properties == PLAIN:
            self.forget()

    def change(self, file: Path, properties: Properties) -> None:
        """The same bytes with other properties, which is another version."""
        moment = _later(file)
        self._announce(file, version(moment, file.stat().st_ino), properties)
        os.utime(file, ns=(moment, moment))
        self._finish(file, properties)

    def append(self, file: Path, block: Path, properties: Properties) -> None:
        """The bytes of another file at the end. ``properties`` are those that it has then."""
        status, moment = file.stat(), _later(file)
        growth = {"inode": status.st_ino, "mtime_ns": status.st_mtime_ns, "from": status.st_size}
        growth["to"] = status.st_size + block.stat().st_size
        self._announce(file, version(moment, status.st_ino), properties, growth=growth)
        try:
            with file.open("ab") as output, block.open("rb") as source:
                shutil.copyfileobj(source, output)
            os.utime(file, ns=(moment, moment))
        except OSError:
            self.settled(file)
            raise
        self._finish(file, properties)

    def forget(self) -> None:
        self._path.unlink(missing_ok=True)

    def _announce(self, file: Path, to_be: str, properties: Properties, **more: object) -> None:
        current = self.settled(file)
        if (current, properties) != (PLAIN, PLAIN):
            self._write({etag(file): _written(current), to_be: _written(properties) | more})

    def _finish(self, file: Path, properties: Properties) -> None:
        self._write({etag(file): _written(properties)})

    def _write(self, versions: _Versions) -> None:
        self._path.parent.mkdir(exist_ok=True)
        write_whole(self._path, json.dumps(versions).encode())

    def _versions(self) -> _Versions:
        """By ETag: the present one, and one that was to be where a change was cut short, or the one before it."""
        with suppress(OSError, ValueError):  # not there, or cut off by a power cut
            versions: _Versions = json.loads(self._path.read_bytes())
            return versions
        return {}


def _written(properties: Properties) -> dict[str, Any]:
    return {key: value for key, value in asdict(properties).items() if value}


def _read(written: dict[str, Any] | None) -> Properties:
    if written is None:
        return PLAIN
    given = {key: value for key, value in written.items() if key != "growth"}
    given["blocks"] = tuple((block_id, size) for block_id, size in given.get("blocks", ()))
    return Properties(**given)


def _later(file: Path) -> int:
    """A time of change, in nanoseconds, that the file has not had yet."""
    return max(time.time_ns(), file.stat().st_mtime_ns + 1)


def _shrink(file: Path, growth: dict[str, int]) -> None:
    """To what it was before an append, unless it is another file, or somebody has written more to it since."""
    status = file.stat()
    if status.st_ino == growth["inode"] and growth["from"] <= status.st_size <= growth["to"]:
        os.truncate(file, growth["from"])
        os.utime(file, ns=(growth["mtime_ns"],) * 2)
