"""The OpenAPI document of one service: a pure function of its contract and its limits."""

from dataclasses import dataclass
from typing import Any

from scoring.contract import Contract
from scoring.inputs.reader import IMAGES
from scoring.settings import ServiceSettings
from scoring.web.openapi.answers import answer_schema
from scoring.web.openapi.refusals import MESSAGE, before_the_service, refusals
from scoring.web.openapi.requests import request_body, request_schema
from scoring.web.openapi.values import Schema
from scoring.web.request_ids import MAX_LENGTH

VERSIONS = {"3": "3.0.3", "3.0": "3.0.3", "3.1": "3.1.0"}
"""Of OpenAPI, by what `?version=` asks for; "2" is Swagger's, swagger.py."""
HEADERS = {
    "amlgpu-model": "Registered model and version that answered, such as digits:4.",
    "amlgpu-device": "Where it was computed, such as GPU:0.",
    "amlgpu-precision": "What it was computed in, such as float32.",
    "amlgpu-version-hash": "SHA-256 of the files of that version.",
    "amlgpu-code-hash": "SHA-256 of the service's own code.",
}
ID_HEADERS = ("x-request-id", "x-ms-client-request-id")


@dataclass(frozen=True)
class Place:
    """How a service is called, and where its paths begin."""

    name: str
    prefix: str = ""
    """Such as "/api/v1/service/digits", which Azure ML's front end serves it under."""


def openapi(contract: Contract, settings: ServiceSettings, place: Place) -> dict[str, Any]:
    """In OpenAPI 3.0.3; what it uses means the same in 3.1.0."""
    schemas = {"Answer": answer_schema(contract)}
    if contract.input.kind not in IMAGES:
        schemas["Request"] = request_schema(contract, settings)
    return {
        "openapi": VERSIONS["3"],
        "info": {"title": place.name, "version": "1", "description": _about(contract)},
        "security": [{"Bearer": []}],
        "paths": {
            f"{place.prefix}/score": {"post": _score(contract, settings)},
            f"{place.prefix}/swagger.json": {"get": _swagger()},
        },
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "Bearer": {"type": "http", "scheme": "bearer", "description": "One of the service's two keys."}
            },
        },
    }


def _about(contract: Contract) -> str:
    return (
        f"A TensorFlow SavedModel as a web service: {contract.task.kind} of {contract.input.kind}. All but POST is "
        "refused with 405. Errors 503 and 504 may pass: try again; the others won't by themselves."
    )


def _score(contract: Contract, settings: ServiceSettings) -> Schema:
    headers = {name: {"description": text, "schema": {"type": "string"}} for name, text in HEADERS.items()}
    answer = {"schema": {"$ref": "#/components/schemas/Answer"}}
    return {
        "operationId": "score",
        "summary": "Ask the model.",
        "parameters": [_id_header(name) for name in ID_HEADERS],
        "requestBody": request_body(contract, settings),
        "responses": {
            "200": {"description": "The answer.", "headers": headers, "content": {"application/json": answer}},
            **refusals(contract),
        },
    }


def _id_header(name: str) -> Schema:
    return {
        "name": name,
        "in": "header",
        "description": "Given back with the answer.",
        "schema": {"type": "string", "maxLength": MAX_LENGTH},
    }


def _swagger() -> Schema:
    asked = {"name": "version", "in": "query", "schema": {"type": "string", "enum": ["2", "2.0", *VERSIONS]}}
    return {
        "operationId": "swagger",
        "summary": "This document, in Swagger 2 unless another version is asked for.",
        "parameters": [asked],
        "responses": {
            "200": {"description": "The document.", "content": {"application/json": {"schema": {"type": "object"}}}},
            "404": {"description": "There is no such version.", "content": MESSAGE},
            **before_the_service(),
        },
    }
