"""What is read out of a swagger.json."""

import json
from typing import Any

import pytest

from azureml_emulator.studio.service.description import Takes, described

BODY = {"instances": [[1.5, 2]]}
TEXT = '{"instances": [[1.5, 2]]}'
ONE = {"application/json": {"schema": {"$ref": "#/components/schemas/ServiceInput"}}}


def version_3(content: dict[str, Any], **schema: Any) -> dict[str, Any]:
    paths = {"/": {"get": {}}, "/score": {"post": {"requestBody": {"content": content}}}}
    return {"openapi": "3.0.0", "paths": paths, "components": {"schemas": {"ServiceInput": schema}}}


def version_2(parameter: dict[str, Any]) -> dict[str, Any]:
    return {
        "swagger": "2.0",
        "consumes": ["application/json"],
        "paths": {"/score": {"post": {"parameters": [parameter]}}},
        "definitions": {"ServiceInput": {"type": "object", "example": BODY}},
    }


@pytest.mark.parametrize(
    "document",
    [
        version_3({"application/json": {"example": BODY}}),
        version_3({"application/json": {"examples": {"one row": {"value": BODY}}}}),
        version_3(ONE, example=BODY),
        version_3(ONE, examples=[BODY]),
        version_2({"in": "body", "name": "data", "schema": {"$ref": "#/definitions/ServiceInput"}}),
    ],
)
def test_an_example_of_json(document: dict[str, Any]) -> None:
    assert described(json.dumps(document).encode()) == Takes(("application/json",), TEXT)


def test_images() -> None:
    takes = described(json.dumps(version_3({"image/jpeg": {}, "image/png": {}})).encode())
    assert (takes.images, takes.example) == (True, "")


def test_what_the_inference_server_makes_up_is_no_example() -> None:
    assert described(json.dumps(version_3(ONE, example={})).encode()) == Takes(("application/json",))


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"\xff", b"[]", b"7", b"[" * 100_000, b'{"paths": 3}', b'{"paths": {"/score": {"post": []}}}'),
        json.dumps(version_3({"application/json": 3})).encode().replace(b"application/json", b"text/plain")[:50],
        b'{"paths": {"/": {"post": {"requestBody": {"$ref": "#/a"}}}}, "a": {"$ref": "#/a"}}',
        b'{"consumes": 3, "paths": {"/": {"post": {"parameters": [3, {"in": "query"}], "consumes": "x"}}}}',
    ],
)
def test_anything_else_says_nothing(body: bytes) -> None:
    assert described(body) == Takes()


def test_an_example_that_no_page_could_show_is_left_out() -> None:
    assert described(json.dumps(version_3({"application/json": {"example": "x" * 30_000}})).encode()).example == ""
