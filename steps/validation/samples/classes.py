"""Names of classes, and the numbers that a model has for them."""

from collections.abc import Sequence
from difflib import get_close_matches

from pydantic import JsonValue

LONGEST_NUMBER = 9  # digits
SHOWN = 5


class Classes:
    """The classes that a model can give: ``names`` in their order, or only how many there are, or nothing known."""

    def __init__(self, names: Sequence[str], count: int | None) -> None:
        self.names = names
        self.count = len(names) or count
        self._places = {name: place for place, name in enumerate(names)}

    def index(self, said: JsonValue) -> int:
        """The number of a class that is said by its name or number. ValueError for one that the model can't give."""
        if isinstance(said, str):
            return self._of_text(said.strip())
        if isinstance(said, int) and not isinstance(said, bool):
            return self._checked(said)
        raise ValueError(f"label {str(said)[:100]} must be a class's name or its number: 0, 1, 2, …")

    def _of_text(self, text: str) -> int:
        if text in self._places:
            return self._places[text]
        if text.isascii() and text.isdigit():
            if len(text) > LONGEST_NUMBER:
                raise ValueError(f"label {text[:LONGEST_NUMBER]}… must be a class index: 0, 1, 2, …")
            return self._checked(int(text))
        raise ValueError(f"label {text[:100]!r} {self._unknown(text)}")

    def _unknown(self, text: str) -> str:
        if not self.names:
            return "must be a class index: 0, 1, 2, …; for names, give the file of their order as task.labels"
        near = get_close_matches(text, self.names, n=3) or list(self.names[:SHOWN])
        more = ", …" if len(near) < len(self.names) else ""
        return f"is none of the {len(self.names)} classes; nearest: {', '.join(near)}{more}"

    def _checked(self, index: int) -> int:
        if index < 0:
            raise ValueError(f"label '{index}' must be a class index: 0, 1, 2, …")
        if self.count is not None and index >= self.count:
            raise ValueError(f"label {index}: the model has {self.count} classes, 0 to {self.count - 1}")
        return index
