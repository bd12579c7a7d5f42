import pytest

from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.server.requests.jsonpatch import apply_patch
from azureml_emulator.wire import Document


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


@pytest.mark.parametrize(
    ("operation", "named"),
    [
        ({"op": "add", "path": "/state/x", "value": 1}, "leads into 'state', which is no object"),
        ({"op": "add", "path": "/names/-", "value": 1}, "leads into 'names', which is no object"),
        ({"op": "add", "path": "/x" * 1000, "value": 1}, "has 1000 parts"),
    ],
)
def test_a_path_that_leads_nowhere(operation: Document, named: str) -> None:
    document: Document = {"state": "a", "names": ["x"]}
    with pytest.raises(BadRequest, match=named):
        apply_patch(document, [operation])
    assert document == {"state": "a", "names": ["x"]}


@pytest.mark.parametrize("name", ["test", "move", "copy", 5])
def test_other_operations(name: object) -> None:
    with pytest.raises(NotSupported, match=f"the patch operation {name!a}"):
        apply_patch({}, [{"op": name, "path": "/state", "value": "a"}])
