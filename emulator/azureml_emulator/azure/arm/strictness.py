"""Keys of a resource that would be ignored: they are refused."""

from collections.abc import Collection, Mapping
from typing import Any

from azureml_emulator.errors import NotSupported
from azureml_emulator.server.requests.shapes import shortened

_READ_ONLY = ("id", "name", "type", "systemData")
"""A client may send back what it was answered."""


def refuse_unknown(
    body: Mapping[str, Any], known: Collection[str], what: str, refused: Mapping[str, str] | None = None
) -> None:
    """Raises NotSupported for a key with a value that isn't `known`, with a reason for those in `refused`."""
    for key, value in body.items():
        if value is None or key in known or key in _READ_ONLY:
            continue
        raise NotSupported((refused or {}).get(key) or f"{shortened(key)} of {what}")
