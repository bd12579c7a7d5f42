"""The OData filters and orders that the SDK asks for runs and experiments with."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.wire import Document, moment

Filter = Callable[[Document], bool]

_LONGEST = 10_000
_MOST_PARENTHESES = 100
_RUN_FIELDS = ("runId", "name", "displayName", "parentRunId", "rootRunId", "status", "runType", "target")
_TIMES = ("createdUtc", "startTimeUtc", "endTimeUtc")
_FIELDS = {field.lower(): field for field in (*_RUN_FIELDS, *_TIMES)}
_MAPS = ("tags", "properties")
_WORD = re.compile(r"\s*(and|or)\b", re.IGNORECASE)
_OPERATOR = re.compile(r"\s(eq|ne|ge|gt|le|lt)\s", re.IGNORECASE)
_KEY = re.compile(r"""[^()"']+""")
_VALUE = re.compile(
    r"""(?P<quote>["'])(?P<quoted>.*?)(?P=quote)(?=\s*(?:\)|$|\s(?:and|or)\s))
      |(?P<time>\d{4}-\d\d-\d\d[ T][\d:.]+(?:Z|[+-]\d\d:\d\d)?)
      |(?P<bare>[^\s()]+)""",
    re.IGNORECASE | re.VERBOSE,
)
_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "ge": lambda one, other: one >= other,
    "gt": lambda one, other: one > other,
    "le": lambda one, other: one <= other,
    "lt": lambda one, other: one < other,
}


def parse_filter(expression: str) -> Filter:
    """What an expression of comparisons, `and`, `or` and parentheses asks for; the empty one, nothing.

    Raises NotSupported, which names the part that would otherwise be ignored.
    """
    if not expression.strip():
        return lambda _document: True
    if len(expression) > _LONGEST or expression.count("(") > _MOST_PARENTHESES:
        raise BadRequest(f"the filter has more than {_LONGEST} characters or {_MOST_PARENTHESES} parentheses")
    found, rest = _either(expression)
    if rest.strip():
        raise NotSupported(f"the filter '{rest.strip()}'")
    return found


def _either(text: str) -> tuple[Filter, str]:
    first, text = _both(text)
    alternatives = [first]
    while (word := _WORD.match(text)) and word[1].lower() == "or":
        one, text = _both(text[word.end() :])
        alternatives.append(one)
    return lambda document: any(one(document) for one in alternatives), text


def _both(text: str) -> tuple[Filter, str]:
    first, text = _term(text)
    conditions = [first]
    while (word := _WORD.match(text)) and word[1].lower() == "and":
        one, text = _term(text[word.end() :])
        conditions.append(one)
    return lambda document: all(one(document) for one in conditions), text


def _term(text: str) -> tuple[Filter, str]:
    text = text.lstrip()
    if text.startswith("("):
        inside, rest = _either(text[1:])
        if not rest.lstrip().startswith(")"):
            raise BadRequest(f"the filter lacks a ')' before '{rest}'")
        return inside, rest.lstrip()[1:]
    operator = _OPERATOR.search(text)
    key = text[: operator.start()].rstrip() if operator else ""
    rest = text[operator.end() :].lstrip() if operator else ""
    match = _VALUE.match(rest)
    if operator is None or match is None or not _KEY.fullmatch(key):
        raise NotSupported(f"the filter '{text}'")
    value = match["quoted"] if match["quote"] else match["time"] or match["bare"]
    is_null = not match["quote"] and value.lower() == "null"
    return _comparison(key, operator[1].lower(), None if is_null else value), rest[match.end() :]


def _comparison(key: str, operator: str, value: str | None) -> Filter:
    look_up = _look_up(key)
    is_time = key.lower() in map(str.lower, _TIMES)
    wanted = _moment(value) if is_time and value is not None else value

    def holds(document: Document) -> bool:
        for found in look_up(document):
            one = _moment(found) if is_time and found is not None else found
            if operator in ("eq", "ne"):
                return (one == wanted) is (operator == "eq")
            return one is not None and wanted is not None and _OPERATORS[operator](one, wanted)
        return False

    return holds


def _look_up(key: str) -> Callable[[Document], Iterable[str | None]]:
    """The value at a key, or none at all: a tag that is not there is neither equal nor unequal to anything."""
    kind, _, name = key.partition("/")
    if name and kind.lower() in _MAPS:
        return lambda document: _at(document.get(kind.lower()) or {}, name)
    if key.lower() == "runtypev2/orchestrator":
        return lambda document: _at(document.get("runTypeV2") or {}, "orchestrator")
    if key.lower().startswith("runtypev2/traits/"):
        trait = key.rpartition("/")[2]
        return lambda document: _at(dict.fromkeys((document.get("runTypeV2") or {}).get("traits") or []), trait)
    field = _FIELDS.get(key.lower())
    if field is None:
        raise NotSupported(f"the filter on {key}")
    return lambda document: _at(document, field)


def _at(values: Mapping[str, str | None], name: str) -> list[str | None]:
    return [values[name]] if name in values else []


def _moment(text: str) -> str:
    """A time in UTC and one form; without an offset it is UTC."""
    try:
        return moment(text).isoformat(timespec="microseconds")
    except ValueError:
        raise BadRequest(f"'{text}' in a filter is not a time") from None


def ordered(documents: Sequence[Document], order: str | None) -> list[Document]:
    """By `FIELD asc` or `FIELD desc`, those without a value last; without an order as they are. Raises NotSupported."""
    if not order:
        return list(documents)
    name, _, direction = order.strip().partition(" ")
    field = _FIELDS.get(name.lower())
    if field is None or direction.lower() not in ("", "asc", "desc"):
        raise NotSupported(f"the order '{order}'")
    known = [document for document in documents if document[field] is not None]
    unknown = [document for document in documents if document[field] is None]

    def key(document: Document) -> str:
        return _moment(document[field]) if field in _TIMES else str(document[field])

    return sorted(known, key=key, reverse=direction.lower() == "desc") + unknown
