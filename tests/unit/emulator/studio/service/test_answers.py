"""Answers of services, ours and others, as the page shows them."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azureml_emulator.studio.service.answers import Answer, Bar, answer_of
from azureml_emulator.studio.service.asking import Reply


def shown(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return answer_of(Reply(status, httpx.Headers(headers or {}), body, 0.0123), ["digits:3"])


CASES: list[tuple[Any, str, list[tuple[str, float]]]] = [
    ({"class": 1, "probability": 0.75, "probabilities": [0.25, 0.75]}, "class 1", [("1", 0.75), ("0", 0.25)]),
    ({"class": 1, "label": "cat", "probabilities": [0.25, 0.75]}, "cat", [("cat", 0.75), ("0", 0.25)]),
    (
        {
            "class": 4,
            "label": "cat",
            "probability": 0.75,
            "probabilities": [0.0, 0.25, 0.0, 0.0, 0.75],
            "top": [
                {"class": 4, "label": "cat", "probability": 0.75},
                {"class": 1, "label": "dog", "probability": 0.25},
            ],
        },
        "cat",
        [("cat", 0.75), ("dog", 0.25)],
    ),
    (
        {"classes": [2, 5], "labels": ["boat", "sea"], "probabilities": [0.7, 0.9]},
        "boat, sea",
        [("sea", 0.9), ("boat", 0.7)],
    ),
    ({"classes": [], "labels": [], "probabilities": []}, "none of the classes", []),
    # Of a binary task the probability is the second class's, whichever is answered.
    ({"class": 0, "label": "well", "probability": 0.25}, "well", [("probability", 0.25)]),
    ({"value": 3.25, "unit": "kg"}, "3.25 kg", []),
    ({"values": [1, 2.5]}, "1, 2.5", []),
]


@pytest.mark.parametrize(("value", "said", "bars"), CASES)
def test_answers_of_known_shapes(value: object, said: str, bars: list[tuple[str, float]]) -> None:
    (part,) = shown(value).parts
    assert (part.said, part.bars, part.count) == (said, [Bar(*bar) for bar in bars], len(bars))


@pytest.mark.parametrize("key", ["predictions", "outputs"])
def test_several_answers_are_several_parts(key: str) -> None:
    answer = shown({key: [{"value": number} for number in range(20)]})
    assert ([part.said for part in answer.parts], answer.left_out) == ([str(number) for number in range(8)], 12)


def test_of_many_classes_the_likely_ones_are_shown() -> None:
    (part,) = shown({"class": 99, "probabilities": [number / 100 for number in range(100)]}).parts
    assert ([bar.name for bar in part.bars], part.count) == ([str(number) for number in range(99, 89, -1)], 100)


def test_json_in_a_text_is_read_too() -> None:
    assert shown(json.dumps({"value": 2})).parts[0].said == "2"


@pytest.mark.parametrize(
    "value",
    [
        *([1, 2], {"a": 1}, "text", 7, None, b"\xff\xfe", b"", b"[" * 100_000, {"probabilities": [2, 3]}),
        *({"probabilities": "x", "class": None, "top": [1, {"class": {}}]}, {"value": True}, {"value": float("nan")}),
        *({"predictions": [1]}, {"outputs": {"a": 1}}, {"values": [1, "x"]}, {"top": 3, "labels": [1], "classes": 3}),
        {"classes": [{}], "labels": ["x"], "top": [{"class": [], "label": "x", "probability": 2}]},
    ],
)
def test_other_shapes_are_shown_as_text(value: object) -> None:
    answer = shown(value)
    assert [bar for part in answer.parts for bar in part.bars] == []
    assert answer.status.tone == "good"


HUGE = 10**400
NO_FLOAT = b'{"value": NaN, "values": [Infinity, 1e999], "probability": -Infinity, "probabilities": [NaN]}'


@pytest.mark.parametrize(
    "value",
    [
        *({"top": [{"probability": 0.5}]}, {"top": [{"class": [1], "probability": 0.5}]}),
        *({"value": HUGE}, {"values": [HUGE]}, {"probabilities": [HUGE]}, {"probability": HUGE}, {"unit": {}}),
        *({"classes": [[1], [2]]}, {"classes": [1], "labels": [{}]}, {"class": {}}, {"label": [1]}),
        *(NO_FLOAT, b"[" * 990 + b"]" * 990),
    ],
)
def test_what_no_form_fits_is_shown_as_its_json(value: object) -> None:
    answer = shown(value)
    assert answer.parts == []
    assert answer.text.strip()


def test_classes_that_have_no_name_are_numbered() -> None:
    (part,) = shown({"classes": [[1], [2]], "probabilities": [0.1, 0.9]}).parts
    assert (part.said, part.bars) == ("", [Bar("1", 0.9), Bar("0", 0.1)])


KEYS = [
    *("class", "classes", "label", "labels", "probability", "probabilities", "top"),
    *("value", "values", "unit", "predictions", "outputs"),
]
SHARES = st.floats(0, 1)
SCALARS = st.sampled_from([None, True, 1, "a", HUGE, "\ud800"]) | st.floats() | SHARES
LEAVES = SCALARS | st.lists(SHARES, max_size=2) | st.lists(SCALARS | st.lists(SCALARS, max_size=1), max_size=2)
ROWS = st.dictionaries(st.sampled_from(KEYS), LEAVES, max_size=5)
ANYTHING = LEAVES | ROWS | st.dictionaries(st.sampled_from(KEYS), LEAVES | ROWS | st.lists(ROWS, max_size=2))


@settings(max_examples=300, deadline=None)
@given(ANYTHING)
def test_whatever_a_service_answers_is_shown(value: object) -> None:
    answer = shown(value)
    assert answer.text
    assert all(0 <= bar.share <= 1 for part in answer.parts for bar in part.bars)


def test_an_answer_that_grows_when_it_is_indented_is_cut() -> None:
    answer = shown(b"[" * 200 + b",".join([b"1"] * 400_000) + b"]" * 200)
    assert (len(answer.text), answer.is_whole) == (65536, False)


def test_an_error_is_its_text() -> None:
    answer = shown({"error": {"code": "BrokenImage"}, "value": 3}, 400)
    assert (answer.status.word, answer.status.tone, answer.parts) == ("400 Bad Request", "bad", [])
    assert '"BrokenImage"' in answer.text
    assert shown(b"", 299).status.word == "299"


def test_the_time_the_model_and_the_headers_of_its_own() -> None:
    headers = {"served-by": "digits:3", "Content-Length": "7", "x-ms-request-id": "a"}
    answer = shown({}, headers=headers)
    assert (answer.milliseconds, answer.model) == ("12.3", "digits:3")
    assert answer.headers == [("served-by", "digits:3"), ("x-ms-request-id", "a")]
    assert shown({}, headers={"served-by": "other:1"}).model == ""


def test_a_long_answer_is_cut() -> None:
    answer = shown(b"x" * 5_000_000)
    assert (len(answer.text), answer.is_whole) == (65536, False)
    assert shown({"value": 1, "rest": "x" * 2_000_000}).parts == []
