"""The body of Put Block List."""

import re

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
