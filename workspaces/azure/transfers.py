"""Local files to blobs and back, several at once, in little memory, and taken up again after a cut.

A file of more than one block is staged block by block and appears when its block list is committed. A block's id tells
its place and its content, so that what was staged before a cut isn't sent again: Azure keeps it for a week.
https://learn.microsoft.com/rest/api/storageservices/put-block
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from errno import ESTALE
from hashlib import blake2b
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

from azure.core.exceptions import ResourceNotFoundError

from workspaces.files import Sent

PARALLEL = 8
BLOCK = 4 * 2**20  # bytes; each thread holds one
MOST_BLOCKS = 50_000  # of a blob
DIGEST = 24  # bytes: with the place, within the 64 of a block's id
T = TypeVar("T")


def upload(container: Any, files: Mapping[str, Path], sent: Sent) -> None:
    """Send the files to the blobs of these names."""
    sizes = {name: path.stat().st_size for name, path in files.items()}

    def send(name: str) -> None:
        with files[name].open("rb") as file:
            data = file.read(sizes[name])  # of one that has become shorter, what there is
        container.upload_blob(name, data, length=len(data), overwrite=True)
        sent(sizes[name])

    _in_parallel(send, [name for name, size in sizes.items() if size <= BLOCK])
    for name, size in sizes.items():
        if size > BLOCK:
            _send_blocks(container.get_blob_client(name), files[name], size, sent)


def download(container: Any, files: Mapping[str, Path]) -> None:
    """Bring the blobs of these names to the files."""

    def fetch(name: str) -> None:
        # Asks for the blob's beginning: no empty file is left for what isn't there.
        found, path = container.download_blob(name, max_concurrency=PARALLEL // 2), files[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            found.readinto(file)

    _in_parallel(fetch, list(files))


def _send_blocks(blob: Any, path: Path, size: int, sent: Sent) -> None:
    length = max(BLOCK, -(-size // MOST_BLOCKS))
    places = list(range(0, size, length))
    staged, ids = _staged(blob), dict.fromkeys(places, "")

    def send(place: int) -> None:
        with path.open("rb") as file:
            file.seek(place)
            data = file.read(length)
        if not data and size:
            raise OSError(ESTALE, "it has become shorter", str(path))
        ids[place] = _block_id(place // length, data)
        if staged.get(ids[place]) != len(data):
            blob.stage_block(ids[place], data, length=len(data))
        sent(len(data))

    _in_parallel(send, places)
    blob.commit_block_list(list(ids.values()))


def _block_id(number: int, data: bytes) -> str:
    return f"{number:06}-{blake2b(data, digest_size=DIGEST).hexdigest()}"


def _staged(blob: Any) -> dict[str, int]:
    """Bytes of the blocks that an upload left behind, by id."""
    try:
        _, blocks = blob.get_block_list("uncommitted")
    except ResourceNotFoundError:
        return {}
    if any(len(block.id) != len(_block_id(0, b"")) for block in blocks):
        blob.upload_blob(b"", overwrite=True)  # somebody else's, beside whose ids no others may be: they go with this
        return {}
    return {block.id: block.size for block in blocks}


def _in_parallel(work: Callable[[T], None], items: list[T]) -> None:
    """Do all, and raise what the first that failed raised; none is begun after that, or after Ctrl-C.

    Not the executor's map(): it makes a future of each of 50,000 files, and does them all before it raises.
    """
    waiting, stopped = iter(items), Event()

    def take() -> None:
        try:
            for item in waiting:
                if stopped.is_set():
                    return
                work(item)
        except BaseException:
            stopped.set()
            raise

    with ThreadPoolExecutor(PARALLEL) as pool:
        try:
            for done in as_completed([pool.submit(take) for _ in range(min(PARALLEL, len(items)))]):
                done.result()
        finally:
            stopped.set()
