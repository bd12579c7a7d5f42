"""Blobs are plain files below `blobs/CONTAINER/`, so that a person can look at them."""

import hashlib
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from azureml_emulator.errors import BadRequest, NotSupported, TooLarge
from azureml_emulator.server.requests.shapes import shortened
from azureml_emulator.state.disk.file_names import is_text
from azureml_emulator.state.disk.whole_files import PARTIAL, scratch_of
from azureml_emulator.state.workspace import LocalWorkspace

ARTIFACTS = "azureml"
DATASTORE = "azureml-blobstore"
_UNLISTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What no XML can hold, and so no list of blobs."""
_LONGEST_NAME, _LONGEST_PATH = 255, 4000
"""Bytes, of file systems."""


def blob_file(workspace: LocalWorkspace, container: str, blob: str) -> Path:
    """Raises BadRequest for a name that could lead out of its folder, and so around its signature, or that none has."""
    if ".." in blob.split("/") or _UNLISTABLE.search(blob):
        raise BadRequest(f"the blob name {shortened(blob)} is not allowed")
    file = Path(os.path.normpath(workspace.folder / "blobs" / container / blob.lstrip("/")))
    if len(os.fsencode(file)) > _LONGEST_PATH or any(len(os.fsencode(part)) > _LONGEST_NAME for part in file.parts):
        raise BadRequest(f"the blob name {shortened(blob)} is too long for this machine's files", code="InvalidUri")
    return file


def blob_names(workspace: LocalWorkspace, container: str, prefix: str) -> list[str]:
    beyond = len(str(workspace.folder / "blobs" / container)) + 1
    start = blob_file(workspace, container, prefix.rpartition("/")[0])
    # No Path for each: a page of a container may cost a look at 50,000 files.
    files = (f"{folder}/{name}"[beyond:] for folder, _, names in os.walk(start) for name in names)
    return sorted(name for name in files if name.startswith(prefix) and not name.endswith(PARTIAL) and is_text(name))


def blob_versions(workspace: LocalWorkspace, container: str, folder: str) -> dict[str, int]:
    """The blobs directly in a folder, each with a number that changes when it is written again."""
    start = blob_file(workspace, container, folder)
    versions: dict[str, int] = {}
    for file in start.iterdir() if start.is_dir() else ():
        with suppress(FileNotFoundError):  # a partial upload ends in the meantime
            if file.is_file() and not file.name.endswith(PARTIAL):
                versions[file.name] = file.stat().st_mtime_ns
    return versions


def etag(file: Path) -> str:
    """Another for each write: times may be equal, but each write makes a file of its own."""
    if not file.exists():
        return '"0"'
    status = file.stat()
    return version(status.st_mtime_ns, status.st_ino)


def version(mtime_ns: int, inode: int) -> str:
    return f'"{mtime_ns:x}-{inode:x}"'


@dataclass(frozen=True)
class Body:
    """What a request brought, in a file that is gone when the request is answered, unless it was moved."""

    file: Path
    size: int
    md5: bytes
    """Of the body alone: Content-MD5 of the storage protocol."""


@asynccontextmanager
async def received(file: Path, chunks: AsyncIterator[bytes], *, most: int | None = None) -> AsyncIterator[Body]:
    """A body beside the file that it is for. Raises TooLarge beyond ``most`` bytes."""
    scratch = scratch_for(file)
    digest, size = hashlib.md5(usedforsecurity=False), 0
    try:
        with scratch.open("ab") as output:
            async for chunk in chunks:
                size += len(chunk)
                if most is not None and size > most:
                    raise TooLarge(f"the request has at most {most} bytes")
                digest.update(chunk)
                output.write(chunk)
        yield Body(scratch, size, digest.digest())
    finally:  # a client may go away in the middle
        scratch.unlink(missing_ok=True)


async def write_stream(file: Path, chunks: AsyncIterator[bytes], *, append: bool = False) -> str:
    """Write a body to a file, which appears only when it is whole. Returns the MD5 of the body in hex."""
    async with received(file, chunks) as body:
        if append and file.exists():
            _put_before(file, body.file)  # nobody else can come in between: nothing is awaited from here on
        body.file.replace(file)
    return body.md5.hex()


def _put_before(head: Path, file: Path) -> None:
    whole = scratch_for(file)
    try:
        shutil.copyfile(head, whole)
        with whole.open("ab") as output, file.open("rb") as tail:
            shutil.copyfileobj(tail, output)
        whole.replace(file)
    finally:
        whole.unlink(missing_ok=True)


def scratch_for(file: Path) -> Path:
    """Where a file is written until it is whole. Raises NotSupported where a name would be a file and a folder."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise NotSupported(f"blobs whose name starts with that of another, as {file.name}") from None
    if file.is_dir():
        raise NotSupported(f"blobs with the name of a folder, as {file.name}")
    return scratch_of(file)
