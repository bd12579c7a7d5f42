"""The same document in Swagger 2, which Azure ML's tools ask for.

It knows one schema a body, and no alternatives: what has them may be anything there, and OpenAPI 3 says more.
"""

from typing import Any

from scoring.web.openapi.values import Schema

SAME = ("operationId", "summary")


def swagger(document: dict[str, Any]) -> dict[str, Any]:
    """From what document.openapi() gives."""
    described = {
        "swagger": "2.0",
        "info": document["info"],
        "security": document["security"],
        "securityDefinitions": {
            "Bearer": {"type": "apiKey", "name": "Authorization", "in": "header", "description": "Bearer, and a key."}
        },
        "paths": {
            path: {method: _operation(one) for method, one in methods.items()}
            for path, methods in document["paths"].items()
        },
        "definitions": document["components"]["schemas"],
    }
    plain: dict[str, Any] = _plain(described)
    return plain


def _operation(operation: Schema) -> Schema:
    body = operation.get("requestBody")
    responses = operation["responses"]
    types = dict.fromkeys(kind for response in responses.values() for kind in response["content"])
    return {
        **{key: operation[key] for key in SAME},
        "parameters": [_parameter(one) for one in operation["parameters"]] + ([_body(body)] if body else []),
        **({"consumes": list(body["content"])} if body else {}),
        "produces": list(types),
        "responses": {status: _response(response) for status, response in responses.items()},
    }


def _parameter(parameter: Schema) -> Schema:
    return {**{key: value for key, value in parameter.items() if key != "schema"}, **parameter["schema"]}


def _body(body: Schema) -> Schema:
    content = next(iter(body["content"].values()))
    return {
        "name": "body",
        "in": "body",
        "required": True,
        "description": body["description"],
        "schema": content["schema"],
    }


def _response(response: Schema) -> Schema:
    headers = {
        name: {"description": header["description"], **header["schema"]}
        for name, header in response.get("headers", {}).items()
    }
    several = len(response["content"]) > 1
    schema = {} if several else next(iter(response["content"].values()))["schema"]
    return {
        "description": response["description"],
        **({"schema": schema} if schema else {}),
        **({"headers": headers} if headers else {}),
    }


def _plain(value: Any) -> Any:
    """Without what Swagger 2 doesn't know."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return {"$ref": value["$ref"].replace("#/components/schemas/", "#/definitions/")}
    return {key: _plain(one) for key, one in value.items() if key != "anyOf"}
