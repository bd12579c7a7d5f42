"""JSON Schema of a 200's body, by task: of an answer about one row, and of those about the rows of a request."""

from collections.abc import Callable, Mapping
from typing import Any

from scoring.contract import Contract, Task, TaskKind
from scoring.inputs.reader import IMAGES
from scoring.web.openapi.values import Schema, closed, nested, row_schema

INDEX: Schema = {"type": "integer", "minimum": 0}
PROBABILITY: Schema = {"type": "number"}


def answer_schema(contract: Contract) -> Schema:
    """Of a 200's body: an image's answer, or those of the rows in the form in which they came."""
    one = ANSWERS[contract.task.kind](contract.task)
    if contract.input.kind in IMAGES:
        return one
    rows, columns = _predictions(contract.task, one)
    return {"anyOf": [closed({"predictions": rows}), closed({"outputs": columns})]}


def _predictions(task: Task, one: Schema) -> tuple[Schema, Schema]:
    """In rows and in columns; the bare values of an only output that is a tensor."""
    if task.kind != "tensors":
        return _list(one), _list(one)
    rows = {output.name: row_schema(output) for output in task.outputs}
    columns = {name: _list(row) for name, row in rows.items()}
    if len(rows) == 1:
        (row,), (column,) = rows.values(), columns.values()
        return _list(row), column
    return _list(closed(rows)), closed(columns)


def _classification(task: Task) -> Schema:
    classes = task.outputs[0].shape[1] if len(task.outputs[0].shape) > 1 else None
    label = {"label": _name(task, known=task.label_output is None)} if task.labels else {}
    answer = {"class": _class(task), **label, "probability": PROBABILITY}
    top = {"class": INDEX, **({"label": _name(task)} if task.labels else {}), "probability": PROBABILITY}
    listed = {} if task.top_k is None else {"top": {**_list(closed(top)), "maxItems": task.top_k}}
    return closed({**answer, "probabilities": nested(PROBABILITY, (classes,)), **listed})


def _class(task: Task) -> Schema:
    if task.label_output is None:
        return INDEX
    return {"type": "string"} if task.label_output.dtype == "string" else {"type": "integer"}


def _name(task: Task, *, known: bool = True) -> Schema:
    """A class's name; the model's own output may also give a number that has none."""
    names: dict[str, Any] = {"enum": list(dict.fromkeys(task.labels))} if known else {}
    return {"type": "string", **names}


def _multilabel(task: Task) -> Schema:
    names = {"labels": _list(_name(task))} if task.labels else {}
    return closed({"classes": _list(INDEX), **names, "probabilities": _list(PROBABILITY)})


def _binary(task: Task) -> Schema:
    names = {"label": _name(task)} if task.labels else {}
    return closed({"class": {"type": "integer", "enum": [0, 1]}, **names, "probability": PROBABILITY})


def _regression(task: Task) -> Schema:
    """`value` for one number a row, `values` for several; either where the shape doesn't say."""
    number: Schema = {"type": "number"}
    unit = {} if task.unit is None else {"unit": {"type": "string", "enum": [task.unit]}}
    one, several = closed({"value": number, **unit}), closed({"values": _list(number), **unit})
    lengths = task.outputs[0].shape[1:]
    if None in lengths:
        return {"anyOf": [one, several]}
    return one if all(length == 1 for length in lengths) else several


def _tensors(task: Task) -> Schema:
    return closed({"outputs": closed({output.name: row_schema(output) for output in task.outputs})})


def _list(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


ANSWERS: Mapping[TaskKind, Callable[[Task], Schema]] = {
    "classification": _classification,
    "multilabel": _multilabel,
    "binary": _binary,
    "regression": _regression,
    "tensors": _tensors,
}
