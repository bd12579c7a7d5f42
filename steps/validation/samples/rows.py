"""Is a row of JSON what the model's signature takes? By names, shapes and kinds of values, without TensorFlow."""

from collections.abc import Sequence

from pydantic import JsonValue

from scoring.contract import Tensor

BASE64 = "b64"
"""Key of TensorFlow Serving's form for bytes, {"b64": "…"}: one value, not an object of inputs."""


def row_problem(row: JsonValue, tensors: Sequence[Tensor]) -> str | None:
    """Why the model can't take ``row``; None when it can, as far as its signature says."""
    if isinstance(row, dict) and BASE64 not in row:
        return _by_name(row, tensors)
    if len(tensors) != 1:
        return f"input must be an object by name: {', '.join(tensor.name for tensor in tensors)}"
    return _value(row, tensors[0])


def _by_name(row: dict[str, JsonValue], tensors: Sequence[Tensor]) -> str | None:
    names = [tensor.name for tensor in tensors]
    if unknown := row.keys() - set(names):
        return f"the model has no input {min(unknown)[:100]!r}; it has {', '.join(names)}"
    if missing := [name for name in names if name not in row]:
        return f"input lacks {', '.join(missing)}"
    return next((problem for tensor in tensors if (problem := _value(row[tensor.name], tensor))), None)


def _value(value: JsonValue, tensor: Tensor) -> str | None:
    expected = tensor.shape[1:]
    try:
        shape = _shape(value)
    except ValueError:
        return f"input {tensor.name!r} is ragged: its lists must be of one length"
    fits = len(shape) == len(expected) and all(want in (None, have) for want, have in zip(expected, shape, strict=True))
    if not fits:
        return f"input {tensor.name!r} has the shape {_text(shape)}, the model takes {_text(expected)}"
    leaf = _leaf(value)
    is_text = isinstance(leaf, str | dict)
    if leaf is not None and is_text != (tensor.dtype == "string"):
        return f"input {tensor.name!r} is of {'texts' if is_text else 'numbers'}, the model takes {tensor.dtype}"
    return None


def _shape(value: JsonValue) -> tuple[int, ...]:
    """ValueError for lists of several lengths."""
    if not isinstance(value, list):
        return ()
    shapes = {_shape(one) for one in value}
    if len(shapes) > 1:
        raise ValueError
    return (len(value), *next(iter(shapes), ()))


def _leaf(value: JsonValue) -> JsonValue:
    while isinstance(value, list):
        value = value[0] if value else None
    return value


def _text(shape: Sequence[int | None]) -> str:
    return f"[{', '.join('any' if size is None else str(size) for size in shape)}]"
