"""Block lists: the body of Put Block List, and the answer of Get Block List."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable

from azureml_emulator.errors import BadRequest

_BLOCK = re.compile(r"<(Latest|Uncommitted|Committed)>([A-Za-z0-9+/=_-]+)</")
_MOST_BLOCKS = 50_000
"""https://learn.microsoft.com/rest/api/storageservices/put-block-list#remarks"""

Blocks = Iterable[tuple[str, int]]
"""Ids and bytes."""
Reference = tuple[str, str]
"""Where a block is to be found, `Latest`, `Uncommitted` or `Committed`, and its id."""


def block_references(body: bytes) -> list[Reference]:
    """Blocks in order. A pattern rather than an XML parser: bodies are untrusted, ids are base64.

    Raises BadRequest for a body that is not a block list.
    """
    text = body.decode("utf-8", "replace")
    if "<BlockList" not in text:
        raise BadRequest("the body of Put Block List is not a <BlockList>", code="InvalidXmlDocument")
    found = _BLOCK.findall(text)
    if len(found) > _MOST_BLOCKS:
        raise BadRequest(f"a blob has at most {_MOST_BLOCKS} blocks, not {len(found)}", code="BlockListTooLong")
    return found


def block_list(committed: Blocks | None, uncommitted: Blocks | None) -> bytes:
    """The XML that lists blocks by id, with their bytes: those of a blob, those that wait, or both."""
    root = ET.Element("BlockList")
    for name, blocks in (("CommittedBlocks", committed), ("UncommittedBlocks", uncommitted)):
        if blocks is not None:
            _add(ET.SubElement(root, name), blocks)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _add(parent: ET.Element, blocks: Blocks) -> None:
    for block_id, size in blocks:
        block = ET.SubElement(parent, "Block")
        ET.SubElement(block, "Name").text = block_id
        ET.SubElement(block, "Size").text = str(size)
