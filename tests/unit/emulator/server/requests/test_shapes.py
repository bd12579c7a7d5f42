"""What a body of the wrong shape is answered with: where, what it must be, what it is."""

from typing import Any

import pytest
from typing_extensions import NotRequired, TypedDict

from azureml_emulator.errors import BadRequest
from azureml_emulator.server.requests.query import number_of
from azureml_emulator.server.requests.shapes import (
    FileName,
    Items,
    Moment,
    Number,
    NumberText,
    Path,
    Scalar,
    Texts,
    Variables,
    checked,
)


class Leaf(TypedDict):
    name: FileName
    at: NotRequired[Moment | None]


class Tree(TypedDict, total=False):
    leaves: Items[Leaf]
    tags: Texts | None
    number: Number | None
    truth: bool
    path: Path
    variables: Variables
    scalar: Scalar
    nodes: NumberText


SOUND: dict[str, Any] = {
    "leaves": [{"name": "a", "at": "2026-11-27T00:29:27.034817Z"}, {"name": "b", "at": None, "other": [1]}],
    "tags": {"a": "b", "c": None},
    "number": 5,
    "truth": True,
    "path": "in/a b/ä.csv",
    "variables": {"A": "b", "B": 1, "C": None},
    "scalar": False,
    "nodes": "2",
    "more": {"x": {}},
}


def test_what_was_sent_is_what_is_kept() -> None:
    assert checked(Tree, SOUND) is SOUND


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("x", "the body must be an object, not 'x'"),
        ({"leaves": {}}, "leaves must be a list, not {}"),
        ({"leaves": [5] * 100_001}, "leaves must be of at most 100000 entries, not [5, 5,"),
        ({"leaves": [5] * 100_000}, "leaves[0] must be an object, not 5"),
        ({"tags": dict.fromkeys(map(str, range(10_001)), "x")}, "tags must be of at most 10000 entries"),
        ({"leaves": [{}]}, "the request lacks 'name' in leaves[0]"),
        ({"leaves": [{"name": 5}]}, "leaves[0].name must be a text, not 5"),
        ({"leaves": [{"name": "a/b"}]}, "leaves[0].name must be the name of a file or folder: use letters, digits,"),
        ({"leaves": [{"name": "ä" * 101}]}, "leaves[0].name must be the name of a file or folder"),
        ({"leaves": [{"name": "a", "at": "noon"}]}, "leaves[0].at must be a time as 2026-01-31T12:00:00+00:00, not"),
        ({"tags": {"a b": 5}}, "tags.'a b' must be a text, not 5"),
        ({"number": True}, "number must be a number, not True"),
        ({"number": -1}, "number must be at least 0, not -1"),
        ({"number": 10**400}, "number must be"),
        ({"truth": "true"}, "truth must be true or false, not 'true'"),
        ({"path": "a/../b"}, "path must be a path without '..', of names with at most 255 bytes"),
        ({"path": "x" * 300}, "path must be a path without '..', of names with at most 255 bytes"),
        ({"path": "a/" * 600}, "path must be of at most 1024 characters"),
        ({"variables": {"": "a"}}, "variables.'' must be the name of an environment variable"),
        ({"variables": {"A": "\0"}}, "variables.A must be a text without the character U+0000"),
        ({"scalar": []}, "scalar must be a text, a number, true or false, not []"),
        ({"nodes": "two"}, "nodes must be a number from 0 to 1000000000, not 'two'"),
        ({"truth": 1, "number": "x"}, "number must be a number, not 'x'; truth must be true or false, not 1"),
    ],
)
def test_what_is_wrong(sent: object, said: str) -> None:
    with pytest.raises(BadRequest) as refused:
        checked(Tree, sent)
    assert refused.value.message.startswith(said)


def test_a_document_in_a_text_has_a_name() -> None:
    with pytest.raises(BadRequest, match=r"^Runconfig\.leaves\[0\]\.name must be a text"):
        checked(Tree, {"leaves": [{"name": 5}]}, "Runconfig")


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "1e3", "\u0663", "\xb2", "9" * 30, " 1", True, []])
def test_what_is_no_number(text: object) -> None:
    with pytest.raises(BadRequest, match="top must be a whole number from 0 to 1000000000, not"):
        number_of({"top": text}, "top", 7)


def test_numbers() -> None:
    assert [number_of({"top": text}, "top", 7) for text in ("", None, "0", "12", 12)] == [7, 7, 0, 12, 12]
