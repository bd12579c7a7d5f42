"""Filters and orders by what entities have that is no text."""

from __future__ import annotations

from typing import Any

import pytest

from azureml_emulator.azure.mlflow.filters import Values, ordered, parse
from azureml_emulator.errors import BadRequest


def _values(one: dict[str, Any]) -> Values:
    return {"attributes": one, "tags": {}, "params": {}, "metrics": {}}


def _model(version: int) -> dict[str, Any]:
    return {"name": f"m{version}", "version_number": version, "creation_timestamp": version * 1000, "tags": [{}]}


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("creation_timestamp > 9000", ["m10"]),
        ("last_updated_timestamp > 9000", []),
        ("version_number <= '9'", ["m9"]),
        ("version_number IN (9, 10)", ["m9", "m10"]),
        ("version_number NOT IN (9)", ["m10"]),
        ("version_number LIKE '1%'", ["m10"]),
        ("tags IS NOT NULL", ["m9", "m10"]),
    ],
)
def test_numbers_are_compared_as_numbers(expression: str, found: list[str]) -> None:
    matches = parse(expression)
    assert [one["name"] for one in (_model(9), _model(10)) if matches(_values(one))] == found


def test_numbers_are_ordered_as_numbers() -> None:
    assert ordered([_model(9), _model(10)], ["version_number DESC"], _values) == [_model(10), _model(9)]


@pytest.mark.parametrize("expression", ["tags > 'a'", "tags = 'a'", "tags IN ('a')", "tags LIKE 'a'"])
def test_a_list_is_compared_with_nothing(expression: str) -> None:
    with pytest.raises(BadRequest, match="'tags' is neither a text nor a number"):
        parse(expression)(_values(_model(1)))


def test_a_list_is_no_order() -> None:
    with pytest.raises(BadRequest, match="'tags' is neither a text nor a number"):
        ordered([_model(1), _model(2)], ["tags"], _values)
