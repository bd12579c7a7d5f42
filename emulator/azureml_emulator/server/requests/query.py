"""Numbers and choices in queries, headers and bodies, which clients write as texts."""

import re
from collections.abc import Mapping
from typing import TypeVar

from azureml_emulator.errors import BadRequest
from azureml_emulator.server.requests.shapes import shortened

T = TypeVar("T")
_MOST = 1_000_000_000


def number_of(values: Mapping[str, object], name: str, default: int, *, least: int = 0) -> int:
    """A whole number, or the default where there is none. Raises BadRequest."""
    given = values.get(name)
    if given is None or given == "":
        return default
    if not re.fullmatch("[0-9]{1,10}", str(given)) or not least <= int(str(given)) <= _MOST:
        raise BadRequest(f"{name} must be a whole number from {least} to {_MOST}, not {shortened(given)}")
    return int(str(given))


def choice_of(values: Mapping[str, str], name: str, known: Mapping[str, T], default: str) -> T:
    """What one of the known texts stands for, in large letters or small. Raises BadRequest for another."""
    given = values.get(name) or default
    for text, meaning in known.items():
        if text.lower() == given.lower():
            return meaning
    raise BadRequest(f"{name} is one of {', '.join(known)}, not {shortened(given)}")
