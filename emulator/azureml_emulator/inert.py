"""Text from clients, as the terminal or the log of the workspace's owner may be given it."""

import re

# What moves a cursor, colours, begins a line, or turns the direction of what follows; and halves of characters.
_ACTING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def inert_line(text: str) -> str:
    """The text with each such character written as its escape."""
    return _ACTING.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
