"""Is a row of JSON what the model's signature takes? By names, shapes and kinds of values, without TensorFlow."""

import json
from collections.abc import Sequence
from difflib import get_close_matches

from pydantic import JsonValue

from scoring.contract import Contract, Task, Tensor

SHOWN = 4

BASE64 = "b64"
"""Key of TensorFlow Serving's form for bytes, {"b64": "…"}: one value, not an object of inputs."""


def row_problem(row: JsonValue, tensors: Sequence[Tensor]) -> str | None:
    """Why the model can't take ``row``; None when it can, as far as its signature says."""
    if isinstance(row, dict) and BASE64 not in row:
        return _by_name(row, tensors)
    if len(tensors) != 1:
        return f"input must be an object by name: {', '.join(tensor.name for tensor in tensors)}"
    return _value(row, tensors[0])


def example_line(contract: Contract) -> str:
    """A line of JSON lines in the form that the model has, with made-up values."""
    form, task = contract.input, contract.task
    inputs = {tensor.name: _made_up(tensor.shape[1:], tensor.dtype) for tensor in form.tensors}
    row = "a text" if form.kind == "text" else next(iter(inputs.values())) if len(inputs) == 1 else inputs
    return json.dumps({"input": row} | _made_up_truth(task), ensure_ascii=False)


def _made_up(shape: Sequence[int | None], dtype: str) -> JsonValue:
    """Long lists are cut: they are there to be read."""
    if not shape:
        return "a text" if dtype == "string" else True if dtype == "bool" else 0.5 if "float" in dtype else 1
    inner, size = _made_up(shape[1:], dtype), shape[0] or SHOWN
    return [inner] * size if size <= SHOWN else [inner, inner, "…"]


def _made_up_truth(task: Task) -> dict[str, JsonValue]:
    name: JsonValue = task.labels[0] if task.labels else 0
    if task.kind == "regression":
        return {"value": 12.5}
    if task.kind == "tensors":
        return {"outputs": {output.name: _made_up(output.shape[1:], output.dtype) for output in task.outputs}}
    return {"labels": [name]} if task.kind == "multilabel" else {"label": name}


def _by_name(row: dict[str, JsonValue], tensors: Sequence[Tensor]) -> str | None:
    names = [tensor.name for tensor in tensors]
    if unknown := row.keys() - set(names):
        wrong = min(unknown)[:100]
        lower = {name.lower(): name for name in names}
        near = get_close_matches(wrong.lower(), lower, n=1)
        nearest = f"; nearest: {lower[near[0]]}" if near else ""
        return f"the model has no input {wrong!r}; it has {', '.join(names)}{nearest}"
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
        mend = f": write {json.dumps([value])[:100]}" if shape == () and expected in ((1,), (None,)) else ""
        return f"input {tensor.name!r} has the shape {_text(shape)}, the model takes {_text(expected)}{mend}"
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
