"""Which blocks a blob was made of: a file below `block-lists/`, whose bytes are the blob's own."""

import json
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from azureml_emulator.azure.storage.blobs.files import etag
from azureml_emulator.state.whole_files import write_whole


@dataclass(frozen=True)
class Part:
    """Of a blob's file, in bytes."""

    start: int
    size: int


class Committed:
    """The blocks of one blob."""

    def __init__(self, record: Path) -> None:
        self._record = record

    def parts(self, file: Path) -> dict[str, Part]:
        """By id; nothing where the blob wasn't made of blocks, or was written as a whole since then."""
        try:
            record = json.loads(self._record.read_bytes())
        except (OSError, ValueError):  # not there, or cut off by a power cut
            return {}
        if record["etag"] != etag(file):
            return {}
        starts = accumulate((size for _, size in record["blocks"]), initial=0)
        return {block_id: Part(start, size) for start, (block_id, size) in zip(starts, record["blocks"], strict=False)}

    def remember(self, version: str, blocks: list[tuple[str, int]]) -> None:
        """The ids and sizes of those in the file that has this ETag."""
        self._record.parent.mkdir(exist_ok=True)
        write_whole(self._record, json.dumps({"etag": version, "blocks": blocks}).encode())

    def forget(self) -> None:
        self._record.unlink(missing_ok=True)
