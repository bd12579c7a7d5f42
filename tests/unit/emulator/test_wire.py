import re
from datetime import datetime

import pytest

from emulator.wire import Document, apply_patch, now, page, without_internal


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"op": "replace", "path": "/state", "value": "b"}, {"state": "b", "kvTags": {"x": 1}}),
        ({"op": "add", "path": "/kvTags/y", "value": 2}, {"state": "a", "kvTags": {"x": 1, "y": 2}}),
        ({"op": "add", "path": "kvTags/y", "value": 2}, {"state": "a", "kvTags": {"x": 1, "y": 2}}),
        ({"op": "remove", "path": "/kvTags/x"}, {"state": "a", "kvTags": {}}),
        ({"op": "remove", "path": "/kvTags/none"}, {"state": "a", "kvTags": {"x": 1}}),
        ({"op": "add", "path": "/kvTags/a~1b~0c", "value": 3}, {"state": "a", "kvTags": {"x": 1, "a/b~c": 3}}),
        ({"op": "add", "path": "/kvTags/~01", "value": 4}, {"state": "a", "kvTags": {"x": 1, "~1": 4}}),
        ({"op": "add", "path": "/new/deep", "value": 5}, {"state": "a", "kvTags": {"x": 1}, "new": {"deep": 5}}),
    ],
)
def test_patch(operation: Document, expected: Document) -> None:
    document: Document = {"state": "a", "kvTags": {"x": 1}}
    apply_patch(document, [operation])
    assert document == expected


def test_patch_below_null() -> None:
    document: Document = {"kvTags": None}
    apply_patch(document, [{"op": "add", "path": "/kvTags/x", "value": 1}, {"op": "add", "path": "/n"}])
    assert document == {"kvTags": {"x": 1}, "n": None}


def test_time_has_seven_digits_and_a_zone() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00", now())
    assert datetime.fromisoformat(now().replace("0+", "+")).tzinfo


def test_page_has_no_next_link() -> None:
    assert page(iter([{"a": 1}])) == {"value": [{"a": 1}], "continuationToken": None}


def test_internal_keys() -> None:
    assert without_internal({"a": 1, "_keys": "secret"}) == {"a": 1}
