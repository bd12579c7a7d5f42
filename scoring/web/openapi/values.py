"""JSON Schema of one tensor's values, as requests write and answers have them."""

from collections.abc import Mapping, Sequence
from typing import Any

from scoring.contract import Tensor

Schema = dict[str, Any]

LARGEST: Mapping[str, float] = {
    "float16": 65519.99804687499,
    "bfloat16": 3.3961774278184117e38,
    "float32": 3.4028235677973362e38,
    "float64": 1.7976931348623157e308,
}
"""The greatest number that isn't rounded to infinity, by type."""
BYTES: Schema = {
    "type": "object",
    "required": ["b64"],
    "properties": {"b64": {"type": "string", "format": "byte"}},
    "additionalProperties": False,
    "description": "Bytes that are no text, in base64.",
}
TEXT: Schema = {"anyOf": [{"type": "string"}, BYTES]}


def value_schema(dtype: str) -> Schema:
    """One value of TensorFlow's type `dtype`; what JSON has no own form for may be anything."""
    if dtype in LARGEST:
        return {"type": "number", "minimum": -LARGEST[dtype], "maximum": LARGEST[dtype]}
    if dtype.lstrip("u").startswith("int"):
        return _integer(dtype)
    return {"bool": {"type": "boolean"}, "string": TEXT}.get(dtype, {})


def _integer(dtype: str) -> Schema:
    bits = int(dtype.rpartition("int")[2])
    lowest, values = (0, 2**bits) if dtype.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1))
    return {"type": "integer", "minimum": lowest, "maximum": values - 1}


def row_schema(tensor: Tensor) -> Schema:
    """One row of a tensor: its value, or lists of the lengths that its shape has."""
    return nested(value_schema(tensor.dtype), tensor.shape[1:])


def nested(value: Schema, lengths: Sequence[int | None]) -> Schema:
    """Lists in lists, the outermost of the first length; None is any length, the same for all lists side by side."""
    schema = value
    for length in reversed(lengths):
        bounds = {} if length is None else {"minItems": length, "maxItems": length}
        schema = {"type": "array", "items": schema, **bounds}
    return schema


def closed(properties: Mapping[str, Schema], optional: Sequence[str] = ()) -> Schema:
    """An object of these keys and no others."""
    return {
        "type": "object",
        "required": [key for key in properties if key not in optional],
        "properties": dict(properties),
        "additionalProperties": False,
    }
