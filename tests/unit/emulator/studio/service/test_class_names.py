"""Names of classes out of what services, ours and others, say of themselves."""

import json
from typing import Any

import httpx
import pytest

from azureml_emulator.studio.service.answers import answer_of
from azureml_emulator.studio.service.asking import Reply
from azureml_emulator.studio.service.class_names import class_names, with_names

LABEL = {"type": "string", "enum": ["1", "cat", "dog"]}
ANSWER: dict[str, Any] = {"type": "object", "properties": {"class": {}, "label": LABEL, "probabilities": {}}}


def described(schema: object) -> bytes:
    return json.dumps({"openapi": "3.0.0", "components": {"schemas": {"Answer": schema}}}).encode()


@pytest.mark.parametrize(
    "body",
    [
        described({"properties": {"predictions": {"type": "array", "items": ANSWER}}}),
        described({"anyOf": [{"properties": {"other": {}}}, ANSWER]}),
        described(
            {
                "properties": {
                    "label": {"type": "string"},
                    "probabilities": {},
                    "top": {"items": {"properties": {"label": LABEL}}},
                }
            }
        ),
    ],
)
def test_the_names_are_found(body: bytes) -> None:
    assert class_names(body) == ("1", "cat", "dog")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"none",
        b"[" * 100_000,
        b"[[3]]",
        described({"properties": {"label": LABEL}}),  # whose classes have no probabilities each
        described({"properties": {"label": {"enum": 3}, "probabilities": {}}}),
        described({"properties": 3}),
    ],
)
def test_no_names(body: bytes) -> None:
    assert class_names(body) == ()


def bars(answer: object, *names: str) -> list[tuple[str, float]]:
    reply = with_names(Reply(200, httpx.Headers(), json.dumps(answer).encode(), 0.0123), names)
    return [(bar.name, bar.share) for part in answer_of(reply, []).parts for bar in part.bars]


def test_every_class_is_named() -> None:
    one = {"class": 1, "label": "cat", "probability": 0.75, "probabilities": [0.05, 0.75, 0.2]}
    named = [("cat", 0.75), ("dog", 0.2), ("1", 0.05)]
    assert bars(one, "1", "cat", "dog") == named
    assert bars({"predictions": [one, one]}, "1", "cat", "dog") == 2 * named


def test_names_of_other_classes_name_nothing() -> None:
    one = {"class": 1, "label": "cat", "probability": 0.75, "probabilities": [0.25, 0.75]}
    assert bars(one, "1", "cat", "dog") == bars(one) == [("cat", 0.75), ("0", 0.25)]
    assert bars([3], "1", "cat") == []
    assert bars({"predictions": 3, "probabilities": "no"}, "1", "cat") == []


def test_what_an_answer_names_itself_stays() -> None:
    top = [{"class": 1, "label": "cat", "probability": 0.75}]
    assert bars({"class": 1, "probabilities": [0.25, 0.75], "top": top}, "a", "b") == [("cat", 0.75)]
