"""Text from outside, as a terminal, a log or a page may be given it: a name of a file, a reason, an answer."""

import re

# What moves a cursor, colours, rings, or turns the direction of what follows; and halves of characters, which no
# output takes: https://www.unicode.org/reports/tr36/
_ACTING = "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_ANYWHERE = re.compile(f"[{_ACTING}]")
_IN_A_LINE = re.compile(f"[\t\n{_ACTING}]")
_BYTES = range(0xDC80, 0xDD00)
"""How Python reads bytes of a file's name that aren't UTF-8."""


def inert(text: str) -> str:
    """The text with each character that would act written as its escape; newlines and tabs stay."""
    return _ANYWHERE.sub(_escape, text)


def inert_line(text: str) -> str:
    """The same for what is one line: a newline in it would look like a message of its own."""
    return _IN_A_LINE.sub(_escape, text)


def _escape(found: "re.Match[str]") -> str:
    code = ord(found[0])
    return f"\\x{code - 0xDC00:02x}" if code in _BYTES else found[0].encode("unicode_escape").decode("ascii")
