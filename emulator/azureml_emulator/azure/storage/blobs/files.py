"""Blobs are plain files below `blobs/CONTAINER/`, so that a person can look at them."""

import hashlib
import os
import re
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.server.shapes import shortened
from azureml_emulator.state.whole_files import PARTIAL, scratch_of
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
    return sorted(name for name in files if name.startswith(prefix) and not name.endswith(PARTIAL))


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
    return f'"{status.st_mtime_ns:x}-{status.st_ino:x}"'


async def write_stream(
    file: Path, chunks: AsyncIterator[bytes], *, append: bool = False, check: Callable[[], None] = lambda: None
) -> str:
    """Write a body to a file, which appears only when it is whole. Returns the MD5 of the body in hex.

    ``check`` is called when nothing can come between it and the appearing; what it raises keeps the file as it was.
    """
    partial = scratch_for(file)
    digest = hashlib.md5(usedforsecurity=False)  # Content-MD5 of the storage protocol
    if append and file.exists():
        shutil.copyfile(file, partial)
    try:
        with partial.open("ab") as output:
            async for chunk in chunks:
                digest.update(chunk)
                output.write(chunk)
        check()
        partial.replace(file)
    finally:  # a client may go away in the middle
        partial.unlink(missing_ok=True)
    return digest.hexdigest()


def scratch_for(file: Path) -> Path:
    """Where a file is written until it is whole. Raises NotSupported where a name would be a file and a folder."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise NotSupported(f"blobs whose name starts with that of another, as {file.name}") from None
    if file.is_dir():
        raise NotSupported(f"blobs with the name of a folder, as {file.name}")
    return scratch_of(file)
