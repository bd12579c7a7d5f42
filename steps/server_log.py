"""Finds in an inference server's log why it failed: the one line that a person would look for."""

import re

OUR_OWN = re.compile(r"^(?:scoring\.errors\.)?StartupError: (.+)", re.MULTILINE)
# The first of a chain of exceptions, as a traceback ends: it caused the others.
EXCEPTION = re.compile(r"^[\w.]+(?:Error|Exception): .+", re.MULTILINE)
TAIL_CHARACTERS = 1500


def reason(log: str) -> str:
    """The scoring code's own words on why it can't start, else the first exception in the log, else the log's end."""
    found = OUR_OWN.search(log) or EXCEPTION.search(log)
    return found[0] if found else _end(log.strip()) or "the log is empty"


def own_words(log: str) -> str | None:
    """The scoring code's own words on why it can't start; None where it says nothing of that."""
    found = OUR_OWN.search(log)
    return found[1] if found else None


def _end(log: str) -> str:
    if len(log) <= TAIL_CHARACTERS:
        return log
    return log[-TAIL_CHARACTERS:].split(maxsplit=1)[-1]  # without the first word, of which a part may be missing
