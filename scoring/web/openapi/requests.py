"""What a request carries, by media type: an image's bytes, or JSON in TensorFlow Serving's two forms."""

from collections.abc import Sequence
from typing import Any

from scoring.contract import Contract, Tensor
from scoring.inputs.reader import IMAGES
from scoring.settings import ServiceSettings
from scoring.web.openapi.values import TEXT, Schema, closed, nested, row_schema

IMAGE_TYPES = ("image/jpeg", "image/png", "application/octet-stream")
JSON = "application/json"
NOT_SAID = (
    "What JSON Schema can't say: all rows of an input have one shape, inputs have the same number of rows, and whole "
    "numbers are written without a fraction."
)
EXAMPLES: dict[str, Any] = {"bool": True, "string": "text"}
SENTENCE = "some text"
EXAMPLE_VALUES = 64
"""Most values of a row that is shown."""


def request_body(contract: Contract, settings: ServiceSettings) -> Schema:
    """OpenAPI's requestBody."""
    if contract.input.kind in IMAGES:
        return {"required": True, "description": _images(settings), "content": dict.fromkeys(IMAGE_TYPES, BINARY)}
    content: Schema = {"schema": {"$ref": "#/components/schemas/Request"}}
    example = SENTENCE if contract.input.kind == "text" else example_row(contract.input.tensors)
    return {
        "required": True,
        "description": f"At most {settings.max_body_bytes} bytes. {NOT_SAID}",
        "content": {JSON: content if example is None else content | {"example": {"instances": [example]}}},
    }


BINARY: Schema = {"schema": {"type": "string", "format": "binary"}}


def _images(settings: ServiceSettings) -> str:
    return f"The bytes of a JPEG or PNG image, at most {settings.max_body_bytes}; the media type isn't looked at."


def request_schema(contract: Contract, settings: ServiceSettings) -> Schema:
    """Of a request of JSON: `instances` are rows, `inputs` columns."""
    return {
        "anyOf": [
            _form(contract, "instances", _rows(contract, settings.max_rows)),
            _form(contract, "inputs", _columns(contract, settings.max_rows)),
        ]
    }


def _form(contract: Contract, key: str, schema: Schema) -> Schema:
    name = {"type": "string", "enum": [contract.signature]}
    return closed({key: schema, "signature_name": name}, optional=("signature_name",))


def _rows(contract: Contract, most: int) -> Schema:
    """Rows are objects by name of input; of the only one, all may be its values instead."""
    named = [closed(dict(zip(_names(contract), row, strict=True))) for row in _spellings(contract)]
    bare = [row[0] for row in _spellings(contract)] if len(contract.input.tensors) == 1 else []
    return _any([_list(row, most) for row in (*bare, *named)])


def _columns(contract: Contract, most: int) -> Schema:
    lists = [[_list(value, most) for value in row] for row in _spellings(contract)]
    named = [closed(dict(zip(_names(contract), columns, strict=True))) for columns in lists]
    bare = [columns[0] for columns in lists] if len(contract.input.tensors) == 1 else []
    return _any([*bare, *named])


def _spellings(contract: Contract) -> list[list[Schema]]:
    """A value of each input; texts are written alone, or each in a list of its own."""
    if contract.input.kind == "text":
        return [[TEXT], [nested(TEXT, (1,))]]
    return [[row_schema(tensor) for tensor in contract.input.tensors]]


def _names(contract: Contract) -> list[str]:
    return [tensor.name for tensor in contract.input.tensors]


def _list(schema: Schema, most: int) -> Schema:
    return {"type": "array", "items": schema, "minItems": 1, "maxItems": most}


def _any(schemas: Sequence[Schema]) -> Schema:
    return schemas[0] if len(schemas) == 1 else {"anyOf": list(schemas)}


def example_row(tensors: Sequence[Tensor]) -> Any:
    """A row that such inputs may have; None for one that nobody wants to read."""
    rows = {tensor.name: _example(tensor.dtype, tensor.shape[1:]) for tensor in tensors}
    if any(_count(tensor) > EXAMPLE_VALUES for tensor in tensors):
        return None
    return next(iter(rows.values())) if len(rows) == 1 else rows


def _example(dtype: str, lengths: Sequence[int | None]) -> Any:
    if lengths:
        return [_example(dtype, lengths[1:]) for _ in range(lengths[0] or 1)]
    return EXAMPLES.get(dtype, 1 if "int" in dtype else 0.5)


def _count(tensor: Tensor) -> int:
    count = 1
    for length in tensor.shape[1:]:
        count *= length or 1
    return count
