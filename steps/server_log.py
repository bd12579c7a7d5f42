"""Finds in an inference server's log why it failed: the one line that a person would look for."""

import re

# The first of a chain of exceptions, as a traceback ends: it caused the others.
EXCEPTION = re.compile(r"^[\w.]+(?:Error|Exception): .+", re.MULTILINE)
TAIL_CHARACTERS = 1500


def reason(log: str) -> str:
    """The first exception that the log tells of, else the log's end."""
    first = EXCEPTION.search(log)
    return first[0] if first else log[-TAIL_CHARACTERS:].strip() or "the log is empty"
