"""Names of classes, and the numbers that a model has for them."""

from collections import Counter
from collections.abc import Mapping, Sequence
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


def names_problem(said: Sequence[str], count: int | None) -> str:
    """Why names that are said alone, once a sample each, can't be taken for a model's ``count`` classes."""
    often = Counter(said)
    shown = ", ".join([*sorted(often)[:SHOWN], *(["…"] if len(often) > SHOWN else [])])
    names = f"{len(often)} name{'s' * (len(often) > 1)} of classes ({shown})"
    if count in (None, len(often)):
        return f"{names}, and nothing says which of the model's classes each is: {_give(count)}"
    more = len(often) - (count or 0)
    rarest = often.most_common()[: -more - 1 : -1] if more > 0 else []
    seldom = [f"{name} {_occurs(name, times, often)}" for name, times in sorted(rarest)[:SHOWN]]
    mend = f"{', '.join(seldom)}: mend {'it' if more == 1 else 'them'}, or " if seldom else ""
    return f"{names}, but the model has {count} classes: {mend}{_give(count)}"


def _give(count: int | None) -> str:
    number = f"all {count}" if count else "them all"
    return f"write the names of {number}, in the model's order, into a file and name it in task.labels"


def _occurs(name: str, times: int, often: Mapping[str, int]) -> str:
    near = get_close_matches(name, [other for other in often if other != name], n=1)
    meant = f" ({near[0]}?)" if near else ""
    return f"occurs {'once' if times == 1 else f'{times} times'}{meant}"
