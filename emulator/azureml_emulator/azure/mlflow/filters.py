"""MLflow's search expressions, and its orders: https://mlflow.org/docs/latest/search-runs.html."""

import fnmatch
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from azureml_emulator.errors import BadRequest

Values = Mapping[str, Mapping[str, Any]]
"""What an entity has, by kind: "attributes", "tags", "params", "metrics"."""
_KINDS = {
    **dict.fromkeys(("attributes", "attribute", "attr", "run"), "attributes"),
    **dict.fromkeys(("tags", "tag"), "tags"),
    **dict.fromkeys(("params", "parameters", "param", "parameter"), "params"),
    **dict.fromkeys(("metrics", "metric"), "metrics"),
}
_KEY = r"""(?:(?P<kind>[A-Za-z]+)\.)?(?P<key>`[^`]+`|"[^"]+"|[^\s=!<>`"']+?)"""
_COMPARISON = re.compile(
    rf"""\s*{_KEY}\s*(?P<operator>>=|<=|!=|=|>|<|\s(?:not\s+)?in\b|\sis\s+(?:not\s+)?null\b|\si?like\b)\s*
    (?P<value>'[^']*'|"[^"]*"|\([^()]*\)|[-+]?[\d.][\w.+-]*)?\s*""",
    re.IGNORECASE | re.VERBOSE,
)
_AND = re.compile(r"and\b\s*", re.IGNORECASE)
_ORDER = re.compile(rf"\s*{_KEY}(?:\s+(?P<direction>asc|desc))?\s*", re.IGNORECASE)
_LONGEST = 10_000
"""Characters of an expression or an order: reading one takes longer than in proportion."""
_PROMPT = "mlflow.prompt.is_prompt"
"""MLflow asks for models by this tag being unlike 'true': it is the one that need not be there."""
_NUMERIC = (
    *("start_time", "end_time", "creation_time", "last_update_time"),
    *("creation_timestamp", "last_updated_timestamp", "version_number"),
)


def parse(expression: str) -> Callable[[Values], bool]:
    """Whether an entity fits: comparisons joined by `and`. Raises BadRequest, which names the part it can't read."""
    conditions, rest = [], _bounded(expression).strip()
    while rest:
        match = _COMPARISON.match(rest)
        if match is None:
            raise BadRequest(f"the filter '{rest}' is not KEY OPERATOR VALUE, joined by 'and'")
        conditions.append(_condition(match))
        rest = rest[match.end() :]
        joint = _AND.match(rest)
        if rest and joint is None:
            raise BadRequest(f"the filter lacks an 'and' before '{rest}'")
        rest = rest[joint.end() :] if joint else ""
    return lambda values: all(condition(values) for condition in conditions)


def ordered(entities: Sequence[Any], orders: Sequence[str], values: Callable[[Any], Values]) -> list[Any]:
    """Sorted by each order in turn, those without a value last. Raises BadRequest."""
    found = list(entities)
    for order in reversed(orders):
        match = _ORDER.fullmatch(_bounded(order))
        if match is None:
            raise BadRequest(f"the order '{order}' is not KEY, KEY ASC or KEY DESC")
        kind, key = _place(match)
        known = [one for one in found if values(one)[kind].get(key) is not None]
        rest = [one for one in found if values(one)[kind].get(key) is None]
        descends = (match["direction"] or "").lower() == "desc"
        found = sorted(known, key=lambda one, k=kind, n=key: _comparable(values(one)[k], n), reverse=descends) + rest
    return found


def _bounded(text: str) -> str:
    if len(text) > _LONGEST:
        raise BadRequest(f"a filter or order has {len(text)} characters: at most {_LONGEST} are read")
    return text


def _place(match: re.Match[str]) -> tuple[str, str]:
    kind, key = match["kind"], match["key"].strip('`"')
    if kind is None:
        return "attributes", {"Created": "start_time"}.get(key, key)
    if kind.lower() not in _KINDS:
        raise BadRequest(f"'{kind}' of '{kind}.{key}' is not one of attributes, metrics, params, tags")
    return _KINDS[kind.lower()], key


def _condition(match: re.Match[str]) -> Callable[[Values], bool]:
    kind, key = _place(match)
    operator = " ".join(match["operator"].lower().split())
    if operator in ("is null", "is not null"):
        return lambda values: (values[kind].get(key) is None) is (operator == "is null")
    wanted = _wanted(match["value"], operator, is_number=kind == "metrics" or key in _NUMERIC, key=key)

    def holds(values: Values) -> bool:
        found = _comparable(values[kind], key)
        if found is None and key == _PROMPT and operator == "!=":
            return True
        return found is not None and _OPERATORS[operator](found, wanted)

    return holds


def _comparable(values: Mapping[str, Any], key: str) -> Any:
    """Raises BadRequest for what entities have that is neither text nor number, as their list of tags."""
    value = values.get(key)
    if value is not None and not isinstance(value, str | int | float):
        raise BadRequest(f"'{key}' is neither a text nor a number: nothing is compared with it or ordered by it")
    return value


def _wanted(text: str | None, operator: str, *, is_number: bool, key: str) -> Any:
    if text is None or text.startswith("(") is not operator.endswith("in"):
        raise BadRequest(f"the filter compares '{key}' by {operator} with {text or 'nothing'}")
    if text.startswith("("):
        return {part.strip().strip("'\"") for part in text[1:-1].split(",")}
    if not is_number or operator.endswith("like"):
        return text.strip("'\"")
    try:
        return float(text.strip("'\""))
    except ValueError:
        raise BadRequest(f"'{key}' is a number, and is compared with {text}") from None


def _like(found: str, pattern: str) -> bool:
    escaped = re.sub(r"([\[\]*?])", r"[\1]", pattern)
    return fnmatch.fnmatchcase(found, escaped.replace("%", "*").replace("_", "?"))


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda found, wanted: found == wanted,
    "!=": lambda found, wanted: found != wanted,
    ">": lambda found, wanted: found > wanted,
    ">=": lambda found, wanted: found >= wanted,
    "<": lambda found, wanted: found < wanted,
    "<=": lambda found, wanted: found <= wanted,
    "like": lambda found, wanted: _like(str(found), wanted),
    "ilike": lambda found, wanted: _like(str(found).lower(), wanted.lower()),
    "in": lambda found, wanted: str(found) in wanted,
    "not in": lambda found, wanted: str(found) not in wanted,
}
