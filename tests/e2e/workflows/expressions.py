"""GitHub's expressions, as far as the workflows use them: contexts, strings, comparisons, status functions.

https://docs.github.com/actions/reference/workflows-and-actions/expressions
"""

import re
from collections.abc import Mapping
from typing import Any

_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<word>[\w.-]+)|(?P<sign>&&|\|\||==|!=|[!()]))")
_STATUS = {"success", "failure", "always"}

Contexts = Mapping[str, Any]
"""What each name stands for: nested mappings, in which a name that is missing is null."""


def render(text: object, contexts: Contexts) -> str:
    """A value of the workflow with each ``${{ … }}`` in it replaced, as a string."""
    return re.sub(
        r"\$\{\{(.*?)\}\}", lambda found: as_text(evaluate(found[1], contexts)), as_text(text), flags=re.DOTALL
    )


def condition(text: object, contexts: Contexts, *, failed: bool) -> bool:
    """An ``if:``; without a status function in it, what precedes must have succeeded."""
    source = re.sub(r"^\s*\$\{\{(.*)\}\}\s*$", r"\1", as_text(text), flags=re.DOTALL) or "success()"
    asks = any(re.search(rf"\b{name}\(\)", source) for name in _STATUS)
    states = {"success": not failed, "failure": failed, "always": True}
    met = _truth(evaluate(source, contexts, states))
    return met if asks else met and not failed


def evaluate(source: str, contexts: Contexts, states: Mapping[str, bool] | None = None) -> Any:
    """The value of an expression: a string, a boolean, a number, a mapping, or None for null."""
    parser = _Parser(source, contexts, states or {})
    value = parser.either()
    assert not parser.rest, f"{source}: {parser.rest} isn't understood here"
    return value


def as_text(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _truth(value: object) -> bool:
    return value not in (None, False, "", 0)


class _Parser:
    def __init__(self, source: str, contexts: Contexts, states: Mapping[str, bool]) -> None:
        self.contexts, self.states = contexts, states
        self.rest: list[tuple[str, str]] = []
        place = 0
        while place < len(source.rstrip()):
            found = _TOKEN.match(source, place)
            assert found, f"{source}: not understood here from {source[place:]!r} on"
            self.rest.append((str(found.lastgroup), found[str(found.lastgroup)]))
            place = found.end()

    def either(self) -> Any:
        value = self._both()
        while self._next("||"):
            other = self._both()
            value = value if _truth(value) else other
        return value

    def _both(self) -> Any:
        value = self._compared()
        while self._next("&&"):
            other = self._compared()
            value = other if _truth(value) else value
        return value

    def _compared(self) -> Any:
        value = self._single()
        for sign in ("==", "!="):
            if self._next(sign):
                # Strings are equal whatever their case.
                same = as_text(value).lower() == as_text(self._single()).lower()
                return same if sign == "==" else not same
        return value

    def _single(self) -> Any:
        kind, word = self.rest.pop(0)
        if word == "!":
            return not _truth(self._single())
        if word == "(":
            value = self.either()
            assert self._next(")")
            return value
        if kind == "text":
            return word[1:-1].replace("''", "'")
        if word in _STATUS:
            assert self._next("(")
            assert self._next(")")
            return self.states[word]
        return self._looked_up(word)

    def _looked_up(self, word: str) -> Any:
        if word in ("true", "false"):
            return word == "true"
        first, *names = word.split(".")
        assert first in self.contexts, f"{word}: there is no context {first} here"
        value = self.contexts[first]
        for name in names:
            value = value.get(name) if isinstance(value, Mapping) else None
        return value

    def _next(self, sign: str) -> bool:
        if self.rest and self.rest[0] == ("sign", sign):
            self.rest.pop(0)
            return True
        return False
