"""Shapes that every service shares: documents, identifiers, timestamps."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

Document = dict[str, Any]


def now() -> str:
    """UTC in the seven-digit form that the service writes and the SDK parses."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0+00:00"


def moment(text: str) -> datetime:
    """A time as clients write it, in UTC; without an offset it is UTC. Raises ValueError."""
    from dateutil.parser import isoparse  # the verbs are quicker without

    found = isoparse(text)
    try:
        return found.replace(tzinfo=found.tzinfo or timezone.utc).astimezone(timezone.utc)
    except OverflowError:  # in the year 1 or 9999
        raise ValueError(f"{text!r} is no time in UTC") from None


def new_id() -> str:
    return str(uuid.uuid4())


def page(values: Iterable[Document]) -> Document:
    """A list answer; everything fits one page. No `nextLink`: the SDK would follow it even where it is null."""
    return {"value": list(values), "continuationToken": None}


def without_internal(document: Document) -> Document:
    """The document as the SDK sees it: keys that start with "_" are the emulator's own."""
    return {key: value for key, value in document.items() if not key.startswith("_")}
