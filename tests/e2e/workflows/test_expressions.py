"""The tests' own reading of expressions, by the examples of GitHub's documentation."""

from typing import Any

import pytest

from tests.e2e.workflows.expressions import condition, evaluate, render

CONTEXTS: dict[str, Any] = {
    "inputs": {"target": "prod", "empty": ""},
    "vars": {"SERVICE": "digits"},
    "steps": {"drift": {"outputs": {"found": "false"}}},
    "github": {"repository": "octo/repo", "event": {}},
}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("inputs.target || 'dev'", "prod"),
        ("inputs.empty || vars.SERVICE", "digits"),
        ("inputs.missing", None),
        ("github.event.pull_request.head.repo.full_name != github.repository", True),
        ("vars.LOGS != '' && 'drift' || ''", ""),
        ("steps.drift.outputs.found != 'false'", False),
        ("'It''s' == 'it''s'", True),
        ("!(vars.SERVICE == '') && true", True),
    ],
)
def test_values(source: str, value: object) -> None:
    assert evaluate(source, CONTEXTS) == value


def test_what_stands_around_an_expression_stays() -> None:
    assert render("${{ inputs.target }}-follow ${{ inputs.missing }}", CONTEXTS) == "prod-follow "


@pytest.mark.parametrize(
    ("text", "failed", "met"),
    [
        (None, False, True),
        (None, True, False),
        ("inputs.target", True, False),
        ("always()", True, True),
        ("failure()", False, False),
        ("failure() && inputs.target == 'prod'", True, True),
        ("${{ vars.SERVICE }}", False, True),
    ],
)
def test_conditions(text: str | None, failed: bool, met: bool) -> None:
    assert condition(text, CONTEXTS, failed=failed) is met


@pytest.mark.parametrize("source", ["secrets.KEY", "a ? b", "inputs.target )"])
def test_what_is_not_understood_is_no_null(source: str) -> None:
    with pytest.raises(AssertionError):
        evaluate(source, CONTEXTS)
