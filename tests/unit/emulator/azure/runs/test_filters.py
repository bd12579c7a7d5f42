from typing import Any

import pytest

from azureml_emulator.azure.runs.history.filters import ordered, parse_filter
from azureml_emulator.errors import ApiError, BadRequest, NotSupported

RUN: dict[str, Any] = {
    "runId": "r-1",
    "status": "Completed",
    "parentRunId": None,
    "runType": None,
    "createdUtc": "2026-11-24T09:00:00.1234560+00:00",
    "startTimeUtc": None,
    "tags": {"stage": "candidate", "said": 'he said "no"', "empty": None, "two words": "a (b) or c", "a/b": "c"},
    "properties": {"azureml.runsource": "azureml.StepRun"},
    "runTypeV2": {"orchestrator": "Local", "traits": ["sweep"]},
}


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "(Status eq Completed)",
        "status ne 'Failed'",
        "(ParentRunId eq null)",
        "StartTimeUtc eq null",
        '(Tags/stage eq "candidate")',
        '(Tags/said eq "he said "no"")',
        '(Tags/two words eq "a (b) or c")',
        '(Tags/a/b eq "c")',
        "(Tags/empty ne null or Tags/empty eq null)",
        "(RunType eq azureml.StepRun or Properties/azureml.runsource eq azureml.StepRun)",
        '((Tags/stage eq "candidate" and Status eq Completed) and RunId ne r-2)',
        '(Tags/stage eq "released" or Status eq Completed and RunId eq r-1)',
        "(RunTypeV2/Orchestrator eq Local)",
        "(RunTypeV2/Traits/sweep ne null) or (RunTypeV2/Traits/sweep eq null)",
        "(CreatedUtc ge 2026-11-24 09:00:00)",
        "CreatedUtc lt 2026-11-24T10:00:00.5+00:30",
    ],
)
def test_what_a_run_meets(expression: str) -> None:
    assert parse_filter(expression)(RUN)


@pytest.mark.parametrize(
    "expression",
    [
        "(Status eq Failed)",
        "Status ne Completed",
        "ParentRunId ne null",
        '(Tags/stage eq "Candidate")',
        "(Tags/missing ne null or Tags/missing eq null)",
        'Tags/missing ne "x"',
        '(Tags/stage eq "candidate") and (Status eq Failed)',
        "RunTypeV2/Traits/automl ne null or RunTypeV2/Traits/automl eq null",
        "(CreatedUtc gt 2026-11-24 09:00:00.123456)",
        "StartTimeUtc ge 2020-01-01 00:00:00",
    ],
)
def test_what_a_run_does_not_meet(expression: str) -> None:
    assert not parse_filter(expression)(RUN)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("Colour eq red", "the filter on Colour"),
        ("startswith(Name, 'a')", r"the filter 'startswith\(Name, 'a'\)'"),
        ("Status eq Failed not", "the filter 'not'"),
        ("(Status eq Failed", r"lacks a '\)'"),
        ("CreatedUtc ge yesterday", "'yesterday' in a filter is not a time"),
    ],
)
def test_what_would_be_ignored_is_refused(expression: str, message: str) -> None:
    with pytest.raises(ApiError, match=message):
        parse_filter(expression)(RUN)


def test_order_puts_what_has_no_value_last() -> None:
    runs = [{"startTimeUtc": day} for day in ("2026-11-02", None, "2026-11-03", "2026-11-01")]

    def days(order: str) -> list[str | None]:
        return [run["startTimeUtc"] for run in ordered(runs, order)]

    assert days("StartTimeUtc desc") == ["2026-11-03", "2026-11-02", "2026-11-01", None]
    assert days("startTimeUtc asc") == ["2026-11-01", "2026-11-02", "2026-11-03", None]


@pytest.mark.parametrize("order", ["Colour desc", "StartTimeUtc sideways"])
def test_an_order_that_would_be_ignored_is_refused(order: str) -> None:
    with pytest.raises(ApiError, match=f"the order '{order}'"):
        ordered([RUN], order)


def test_a_long_filter() -> None:
    """Spaces without end cost no more than other characters."""
    assert parse_filter("name" + " " * 9000 + "eq" + " " * 900 + "'a'")({"name": "a"})
    with pytest.raises(NotSupported, match="the filter"):
        parse_filter("name" + " " * 9000 + "x")


@pytest.mark.parametrize("unreadable", ["(" * 400 + "name eq a" + ")" * 400, "name eq a and " * 1000])
def test_a_filter_that_is_too_long(unreadable: str) -> None:
    with pytest.raises(BadRequest, match="more than 10000 characters or 100 parentheses"):
        parse_filter(unreadable)


def test_a_time_before_all_times() -> None:
    with pytest.raises(BadRequest, match="is not a time"):
        parse_filter("startTimeUtc ge 0001-01-01T00:00:00+14:00")
