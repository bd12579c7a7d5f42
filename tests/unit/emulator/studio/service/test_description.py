"""What is read out of a swagger.json, and how often a service is asked for it."""

import asyncio
import json
from typing import Any, cast

import httpx
import pytest
from starlette.applications import Starlette

from azureml_emulator.studio.service import description
from azureml_emulator.studio.service.asking import Reply
from azureml_emulator.studio.service.description import Descriptions, Takes, described

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


class Service:
    """In the place of one that answers with a status; None: not in time. Its page is looked at by `takes`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(description, "ask_description", self._answer)
        monkeypatch.setattr(description, "_SECONDS", 0.01)
        self.status: int | None = None
        self.asked = 0
        self.seconds = 0.0
        self._descriptions = Descriptions(lambda: self.seconds)

    def takes(self, rollout: int) -> Takes:
        return asyncio.run(self._descriptions.takes(cast(Starlette, None), {"name": "digits"}, rollout))

    async def _answer(self, _app: Starlette, _service: dict[str, Any], _version: str) -> Reply:
        self.asked += 1
        if self.status is None:
            await asyncio.Event().wait()
        body = json.dumps(version_3({"application/json": {"example": BODY}})).encode()
        return Reply(self.status or 0, httpx.Headers(), body, 0.01)


@pytest.mark.parametrize("trouble", [None, 503, 504])
def test_a_busy_service_is_asked_again_after_a_while_or_by_another_rollout(
    monkeypatch: pytest.MonkeyPatch, trouble: int | None
) -> None:
    service = Service(monkeypatch)
    service.status = trouble
    assert [service.takes(1) for _ in range(5)] == [Takes()] * 5
    asked = service.asked
    assert asked <= 2
    service.takes(2)
    assert service.asked == 2 * asked
    service.status, service.seconds = 200, 61.0
    assert service.takes(2) == Takes(("application/json",), TEXT)


@pytest.mark.parametrize("status", [200, 404])
def test_a_service_that_answered_is_asked_once_by_each_rollout(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    service = Service(monkeypatch)
    service.status = status
    for service.seconds in (0.0, 1e9):
        service.takes(1)
    assert service.asked == 2
    service.takes(2)
    assert service.asked == 4
