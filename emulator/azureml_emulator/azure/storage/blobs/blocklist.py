"""Block lists: the body of Put Block List, and the answer of Get Block List."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping

from azureml_emulator.errors import BadRequest

_BLOCK = re.compile(r"<(?:Latest|Uncommitted|Committed)>([A-Za-z0-9+/=_-]+)</")


def block_ids(body: bytes) -> list[str]:
    """Ids of the blocks in order. A pattern rather than an XML parser: bodies are untrusted, ids are base64.

    Raises BadRequest for a body that is not a block list.
    """
    text = body.decode("utf-8", "replace")
    if "<BlockList" not in text:
        raise BadRequest("the body of Put Block List is not a <BlockList>", code="InvalidXmlDocument")
    return _BLOCK.findall(text)


def uncommitted(sizes: Mapping[str, int]) -> bytes:
    """The XML that lists blocks by id, with their bytes."""
    root = ET.Element("BlockList")
    blocks = ET.SubElement(root, "UncommittedBlocks")
    for name, size in sizes.items():
        block = ET.SubElement(blocks, "Block")
        ET.SubElement(block, "Name").text = name
        ET.SubElement(block, "Size").text = str(size)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))
