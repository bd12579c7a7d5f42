"""Blobs are plain files below `blobs/CONTAINER/`, so that a person can look at them."""

import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from pathlib import Path

from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.state.whole_files import PARTIAL, scratch_of
from azureml_emulator.state.workspace import LocalWorkspace

ARTIFACTS = "azureml"
DATASTORE = "azureml-blobstore"


def blob_file(workspace: LocalWorkspace, container: str, blob: str) -> Path:
    """Raises BadRequest for a name that could lead out of its folder, and so around its signature."""
    if ".." in blob.split("/") or "\0" in blob:
        raise BadRequest(f"the blob name {blob!r} is not allowed")
    return Path(os.path.normpath(workspace.folder / "blobs" / container / blob.lstrip("/")))


def blob_names(workspace: LocalWorkspace, container: str, prefix: str) -> list[str]:
    root = workspace.folder / "blobs" / container
    start = blob_file(workspace, container, prefix.rpartition("/")[0])
    files = (Path(folder, name) for folder, _, names in os.walk(start) for name in names)
    relative = (file.relative_to(root).as_posix() for file in files)
    return sorted(name for name in relative if name.startswith(prefix) and not name.endswith(PARTIAL))


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
    partial = _scratch(file)
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


def block_file(workspace: LocalWorkspace, container: str, blob: str, block_id: str) -> Path:
    """Where one uncommitted block waits. Block ids are the client's: only their hash becomes a file name."""
    names = (hashlib.sha256(name.encode()).hexdigest() for name in (f"{container}/{blob}", block_id))
    return workspace.folder.joinpath("blocks", *names)


def join_blocks(blocks: Iterable[Path], file: Path) -> None:
    """Make a blob of its blocks. Raises BadRequest when one was never uploaded."""
    blocks = list(blocks)
    if missing := [block for block in blocks if not block.is_file()]:
        raise BadRequest(f"{len(missing)} of {len(blocks)} blocks were not uploaded", code="InvalidBlockList")
    partial = _scratch(file)
    with partial.open("wb") as output:
        for block in blocks:
            with block.open("rb") as source:
                shutil.copyfileobj(source, output)
    partial.replace(file)
    if blocks:
        shutil.rmtree(blocks[0].parent)


def _scratch(file: Path) -> Path:
    """Where a file is written until it is whole. Raises NotSupported where a name would be a file and a folder."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise NotSupported(f"blobs whose name starts with that of another, as {file.name}") from None
    if file.is_dir():
        raise NotSupported(f"blobs with the name of a folder, as {file.name}")
    return scratch_of(file)
