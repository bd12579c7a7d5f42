"""From a list that JSON gave to one input's tensor: of the type and shape that the model takes, or refused."""

import base64
import binascii
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import tensorflow as tf

from scoring.contract import Tensor
from scoring.errors import StartupError, TooManyValuesError, WrongShapeError, WrongValueError
from scoring.tasks.answer import Array

FLOATS = ("float16", "bfloat16", "float32", "float64")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
KINDS: dict[type, str] = {
    bool: "true or false",
    dict: "an object",
    float: "a fraction",
    int: "a whole number",
    list: "a list",
    str: "a text",
    type(None): "null",
}


def check_dtype(tensor: Tensor) -> None:
    """StartupError for an input that JSON has no form for."""
    if tensor.dtype not in (*FLOATS, *INTEGERS, "bool", "string"):
        raise StartupError(
            f"Input {tensor.name!r} is {tensor.dtype}, which JSON has no form for: let the signature take floats, "
            "integers, booleans or strings."
        )


def describe(tensor: Tensor) -> str:
    """Such as "'x': float32 [rows, 4]"; a question mark is a free dimension."""
    return f"{tensor.name!r}: {tensor.dtype} [{', '.join(['rows', *_dimensions(tensor)])}]"


def _dimensions(tensor: Tensor) -> list[str]:
    return ["?" if size is None else str(size) for size in tensor.shape[1:]]


def to_array(values: Sequence[Any], tensor: Tensor, most: int, *, taken: int = 0) -> Array:
    """The tensor [rows, ...] of these rows; strings are an array of bytes objects.

    WrongShapeError for ragged lists or another shape; TooManyValuesError for more than `most` numbers or strings, the
    `taken` ones of other inputs among them;
    WrongValueError for other kinds of values, or such as the type can't hold: nothing is rounded to a whole number,
    wrapped around or made infinite.
    """
    flat, shape = _flatten(values, tensor)
    if taken + len(flat) > most:
        raise TooManyValuesError(f"The inputs have more than {most} values, the most that this service takes.")
    if tensor.dtype in FLOATS:
        return _floats(flat, tensor).reshape(shape)
    if tensor.dtype in INTEGERS:
        return _integers(flat, tensor).reshape(shape)
    if tensor.dtype == "bool":
        _check_kinds(flat, tensor, {bool})
        return np.array(flat, np.bool_).reshape(shape)
    array = np.empty(len(flat), object)
    array[:] = _strings(flat, tensor)
    return array.reshape(shape)


def _flatten(values: Sequence[Any], tensor: Tensor) -> tuple[list[Any], list[int]]:
    """All values in one list, and the shape that they had."""
    level, shape = list(values), [len(values)]
    for wanted in tensor.shape[1:]:
        if set(map(type, level)) - {list}:
            raise _wrong_shape(tensor, f"{KINDS[type(_first_not(list, values=level))]} where a list is wanted")
        lengths = set(map(len, level)) or {wanted or 0}
        if len(lengths) > 1:
            raise _wrong_shape(tensor, f"lists of {min(lengths)} and of {max(lengths)} values side by side")
        (length,) = lengths
        if wanted not in (None, length):
            raise _wrong_shape(tensor, f"lists of {length} values where {wanted} are wanted")
        shape.append(length)
        level = list(chain.from_iterable(level))
    return level, shape


def _wrong_shape(tensor: Tensor, found: str) -> WrongShapeError:
    return WrongShapeError(f"Input {describe(tensor)} was given {found}.")


def _floats(flat: list[Any], tensor: Tensor) -> Array:
    _check_kinds(flat, tensor, {float, int})
    with np.errstate(over="ignore"):  # told below
        array = np.array(flat, np.float64 if tensor.dtype == "float64" else np.float32)
        array = array.astype(tf.dtypes.as_dtype(tensor.dtype).as_numpy_dtype, copy=False)
    finite = np.isfinite(array)
    if not finite.all():
        raise _out_of_range(tensor, flat[int(np.argmin(finite))])
    return array


def _integers(flat: list[Any], tensor: Tensor) -> Array:
    _check_kinds(flat, tensor, {int})
    range_ = np.iinfo(tensor.dtype)
    for extreme in (min(flat, default=0), max(flat, default=0)):
        if not range_.min <= extreme <= range_.max:
            raise _out_of_range(tensor, extreme)
    return np.array(flat, tensor.dtype)


def _out_of_range(tensor: Tensor, value: float) -> WrongValueError:
    return WrongValueError(f"Input {describe(tensor)} was given {value}, which {tensor.dtype} can't hold.")


def _check_kinds(flat: list[Any], tensor: Tensor, allowed: set[type]) -> None:
    others = set(map(type, flat)) - allowed
    if list in others:
        raise _wrong_shape(tensor, "lists where values are wanted")
    if others:
        value = _first_not(*allowed, values=flat)
        raise WrongValueError(f"Input {describe(tensor)} was given {KINDS[type(value)]}{_quoted(value)}.")


def _first_not(*kinds: type, values: Sequence[Any]) -> Any:
    return next(value for value in values if type(value) not in kinds)


def _quoted(value: Any) -> str:
    return f": {str(value)[:40]!r}" if isinstance(value, str | float | int) and not isinstance(value, bool) else ""


def _strings(flat: list[Any], tensor: Tensor) -> list[bytes]:
    if set(map(type, flat)) <= {str}:
        return [text.encode() for text in flat]
    _check_kinds(flat, tensor, {str, dict})
    return [text.encode() if isinstance(text, str) else _bytes(text, tensor) for text in flat]


def _bytes(value: dict[str, Any], tensor: Tensor) -> bytes:
    try:
        (encoded,) = value.values()
        if is_bytes(value):
            return base64.b64decode(encoded, validate=True)
    except (ValueError, TypeError, binascii.Error):
        pass
    raise WrongValueError(f'Input {describe(tensor)} was given an object that isn\'t {{"b64": "..."}} of base64.')


def is_bytes(value: Any) -> bool:
    """Whether it is TensorFlow Serving's form of a string that isn't text."""
    return isinstance(value, dict) and set(value) == {"b64"}
