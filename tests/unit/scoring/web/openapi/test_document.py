"""What the document says of a contract, and that it leaves nothing out."""

import json
import math
import re
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from scoring.contract import Contract, Input, InputKind, Task, TaskKind, Tensor
from scoring.errors import WrongValueError
from scoring.inputs.values import to_array
from scoring.settings import ServiceSettings
from scoring.web.openapi.answers import ANSWERS
from scoring.web.openapi.document import Place, openapi
from scoring.web.openapi.page import documents
from scoring.web.openapi.swagger import swagger
from scoring.web.openapi.values import LARGEST

DOCS = Path(__file__).resolve().parents[5] / "docs" / "scoring.md"
SETTINGS = ServiceSettings(max_rows=2)
X = Tensor(name="x", dtype="float32", shape=(None, 2))
PROBABILITIES = Tensor(name="p", dtype="float32", shape=(None, 2))
CLASSIFICATION = Task(kind="classification", outputs=(PROBABILITIES,), labels=("no", "yes"), top_k=1)


def described(kind: InputKind, task: Task = CLASSIFICATION, tensors: tuple[Tensor, ...] = (X,)) -> dict[str, Any]:
    contract = Contract(signature="score", input=Input(kind=kind, tensors=tensors), task=task)
    return openapi(contract, SETTINGS, Place("digits", "/api/v1/service/digits"))


def fits(value: Any, document: dict[str, Any], name: str) -> bool:
    return bool(jsonschema.Draft202012Validator(document["components"]["schemas"][name]).is_valid(value))


def scoring(document: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = document["paths"]["/api/v1/service/digits/score"]["post"]
    return operation


def codes(document: dict[str, Any]) -> set[tuple[str, str]]:
    """Statuses and the codes of the errors that they come with."""
    found = []
    for status, response in scoring(document)["responses"].items():
        schema = response["content"].get("application/json", {}).get("schema", {})
        error = schema.get("properties", {}).get("error")
        found += [(status, code) for code in error["properties"]["code"]["enum"]] if error else []
    return set(found)


def test_every_error_of_the_page_is_described() -> None:
    rows = re.findall(r"^\| (\d{3}) \| ([^|]*) \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    page = {(status, code) for status, said in rows for code in re.findall(r"`(\w+)`", said)}
    image, tensors = described("jpeg"), described("tensors")
    assert codes(image) | codes(tensors) == page - {("405", "MethodNotAllowed")}
    assert "405" in image["info"]["description"]
    assert "431" in scoring(image)["responses"]
    assert ("400", "WrongForm") not in codes(image)
    assert ("400", "BrokenImage") not in codes(tensors)


def test_an_image_is_bytes() -> None:
    body = scoring(described("jpeg"))["requestBody"]
    assert list(body["content"]) == ["image/jpeg", "image/png", "application/octet-stream"]
    assert fits(
        {"class": 1, "label": "yes", "probability": 1, "probabilities": [0, 1], "top": []}, described("jpeg"), "Answer"
    )
    assert not fits({"predictions": []}, described("jpeg"), "Answer")


@pytest.mark.parametrize(
    ("request_", "is_one"),
    [
        ({"instances": [[1, 2.5]]}, True),
        ({"instances": [{"x": [1, 2]}], "signature_name": "score"}, True),
        ({"inputs": [[1, 2], [3, 4]]}, True),
        ({"inputs": {"x": [[1, 2]]}}, True),
        ({"instances": [[1]]}, False),
        ({"instances": [["1", "2"]]}, False),
        ({"instances": [[1, 1e39]]}, False),
        ({"instances": []}, False),
        ({"instances": [[1, 2]] * 3}, False),
        ({"instances": [[1, 2]], "signature_name": "other"}, False),
        ({"instances": [[1, 2]], "inputs": [[1, 2]]}, False),
    ],
)
def test_a_request_of_json(request_: Any, is_one: bool) -> None:
    assert fits(request_, described("tensors"), "Request") is is_one


def test_names_of_several_inputs() -> None:
    document = described("tensors", tensors=(X, Tensor(name="word", dtype="string", shape=(None,))))
    assert fits({"instances": [{"x": [1, 2], "word": {"b64": "AA=="}}]}, document, "Request")
    assert not fits({"instances": [[1, 2]]}, document, "Request")
    assert not fits({"inputs": {"x": [[1, 2]]}}, document, "Request")
    example = scoring(document)["requestBody"]["content"]["application/json"]["example"]
    assert example == {"instances": [{"x": [0.5, 0.5], "word": "text"}]}


def test_the_example_of_a_text_is_that_of_the_command_line() -> None:
    document = described("text", tensors=(Tensor(name="text", dtype="string", shape=(None, 1)),))
    example = scoring(document)["requestBody"]["content"]["application/json"]["example"]
    assert example == {"instances": ["some text"]}
    assert fits(example, document, "Request")


@pytest.mark.parametrize(
    ("task", "answer"),
    [
        ({"kind": "multilabel", "labels": ("a", "b")}, {"classes": [1], "labels": ["b"], "probabilities": [0.9]}),
        ({"kind": "binary"}, {"class": 1, "probability": 0.9}),
        ({"kind": "regression", "unit": "kg"}, {"values": [1.5, 2], "unit": "kg"}),
        ({"kind": "tensors"}, {"outputs": {"p": [1, 2]}}),
    ],
)
def test_answers_of_the_other_tasks(task: Any, answer: Any) -> None:
    document = described("image", Task(outputs=(PROBABILITIES,), **task))
    assert fits(answer, document, "Answer")
    assert not fits(answer | {"more": 1}, document, "Answer")


def test_every_task_has_an_answer() -> None:
    assert set(ANSWERS) == set(TaskKind.__args__)  # type: ignore[attr-defined]


def test_tensors_in_rows_and_columns() -> None:
    document = described("tensors", Task(kind="tensors", outputs=(PROBABILITIES,)))
    assert fits({"predictions": [[1, 2]]}, document, "Answer")
    assert fits({"outputs": [[1, 2], [3, 4]]}, document, "Answer")
    assert not fits({"outputs": {"p": [[1, 2]]}}, document, "Answer")


@pytest.mark.parametrize("dtype", LARGEST)
def test_the_bounds_of_numbers_are_those_of_the_reader(dtype: str) -> None:
    tensor = Tensor(name="x", dtype=dtype, shape=(None,))
    to_array([LARGEST[dtype], -LARGEST[dtype]], tensor, 2)
    beyond = math.nextafter(LARGEST[dtype], math.inf)
    if math.isfinite(beyond):
        with pytest.raises(WrongValueError):
            to_array([beyond], tensor, 1)


@pytest.mark.parametrize("kind", ["jpeg", "tensors", "text"])
def test_swagger_2_knows_no_alternatives(kind: InputKind) -> None:
    document = swagger(described(kind))
    said = json.dumps(document)
    assert document["swagger"] == "2.0"
    assert "anyOf" not in said
    assert "components" not in said
    operation = document["paths"]["/api/v1/service/digits/score"]["post"]
    assert operation["parameters"][-1]["in"] == "body"
    assert operation["responses"]["200"]["schema"] == {"$ref": "#/definitions/Answer"}


def test_paths_begin_where_azure_serves_them() -> None:
    contract = Contract(signature="score", input=Input(kind="tensors", tensors=(X,)), task=CLASSIFICATION)
    pages = documents(contract, SETTINGS, {"SERVICE_NAME": "d", "SERVICE_PATH_PREFIX": "api/v1/service/d"})
    assert {json.loads(page).get("openapi", "2.0") for page in pages.values()} == {"2.0", "3.0.3", "3.1.0"}
    assert [next(iter(json.loads(page)["paths"])) for page in pages.values()] == ["/api/v1/service/d/score"] * len(
        pages
    )
    assert list(json.loads(documents(contract, SETTINGS, {})["2"])["paths"]) == ["/score", "/swagger.json"]
