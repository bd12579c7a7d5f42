"""What the validation data says of a sample, as the task counts: a class, classes, numbers, outputs."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from pydantic import JsonValue

from scoring.contract import Task
from steps.validation.samples.classes import LONGEST_NUMBER, Classes
from steps.validation.samples.sample import Said

SEPARATORS = re.compile(r"[|;]")
BINARY = 2
Read = Callable[[Said], JsonValue]
"""Gives the truth. ValueError for what the model could never answer, or what isn't of its task."""


def reader_of(task: Task | None, folders: Sequence[str] = ()) -> Read:
    """How a task's truths are read; ``folders`` name the classes where the task doesn't. None: classes by number."""
    kind = task.kind if task else "classification"
    if kind == "regression":
        return _values
    if task and kind == "tensors":
        return lambda said: _outputs(task, said)
    classes = classes_of(task, folders)
    if kind == "multilabel":
        return lambda said: _labels(classes, said)
    own = task is not None and kind == "classification" and not classes.names and _names_classes(task)
    return lambda said: _own_label(said) if own else _label(classes, said)


def classes_of(task: Task | None, folders: Sequence[str] = ()) -> Classes:
    """The classes of a task that has some."""
    if task is None:
        return Classes(folders, None)
    if task.kind == "binary":
        return Classes(task.labels or folders, BINARY)
    width = task.outputs[0].shape[-1] if task.outputs and task.outputs[0].shape else None
    return Classes(task.labels or folders, None if task.label_output else width)


def unordered_names(task: Task, said: Iterable[Said]) -> list[str]:
    """The names, one for each time, that samples say of classes which nobody gave the order of; mostly none."""
    if task.kind not in ("classification", "binary", "multilabel") or task.labels or _names_classes(task):
        return []
    return [name for one in said for name in _names_in(one, several=task.kind == "multilabel")]


def _names_in(said: Said, *, several: bool) -> Iterator[str]:
    for value in (said.get("label"), said.get("labels")):
        parts = SEPARATORS.split(value) if isinstance(value, str) and several else [value]
        for part in value if isinstance(value, list) else parts:
            if isinstance(part, str) and part.strip() and not part.strip().lstrip("+-").isdigit():
                yield part.strip()


def _names_classes(task: Task) -> bool:
    """Whether the model itself answers names, which nobody else knows the order of."""
    return task.label_output is not None and task.label_output.dtype == "string"


def _own_label(said: Said) -> JsonValue:
    """A name as the model answers it, or a number for the place in the vector."""
    value = _only(said, "label")
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) <= LONGEST_NUMBER else value
    return Classes((), None).index(value)


def _label(classes: Classes, said: Said) -> JsonValue:
    value = _only(said, "label")
    if isinstance(value, bool) and classes.count == BINARY:
        return int(value)
    if isinstance(value, str) and SEPARATORS.search(value) and value.strip() not in classes.names:
        raise ValueError(f"label {value[:100]!r}: several labels, but the task gives one class")
    return classes.index(value)


def _labels(classes: Classes, said: Said) -> JsonValue:
    """All labels of a sample, sorted; a sample may have none."""
    value = _only(said, "label", "labels")
    if isinstance(value, str):
        value = [part.strip() for part in SEPARATORS.split(value)] if value.strip() else []
    each = value if isinstance(value, list) else [value]
    indices: list[JsonValue] = [*sorted({classes.index(one) for one in each})]
    return indices


def _values(said: Said) -> JsonValue:
    """The number of a sample; several as a list."""
    value = _only(said, "label", "value", "values")
    each = value if isinstance(value, list) else [value]
    if not each:
        raise ValueError("no number is given")
    numbers: list[JsonValue] = [_number(one) for one in each]
    return numbers[0] if len(numbers) == 1 else numbers


def _number(value: JsonValue) -> float:
    try:
        number = float(value) if isinstance(value, str | float | int) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{str(value)[:100]!r} must be a number, as in 12.5: the task is a regression")
    return number


def _outputs(task: Task, said: Said) -> JsonValue:
    """Reference outputs by name; of a model with one output, its value alone will do."""
    value = _only(said, "outputs")
    names = [output.name for output in task.outputs]
    if not isinstance(value, dict):
        if len(names) == 1:
            return {names[0]: value}
        raise ValueError(f"outputs must be an object by name: {', '.join(names)}")
    if unknown := value.keys() - set(names):
        raise ValueError(f"the model has no output {min(unknown)[:100]!r}; it has {', '.join(names)}")
    if not value:
        raise ValueError(f"outputs is empty: give one or more of {', '.join(names)}")
    return value


def _only(said: Said, *keys: str) -> JsonValue:
    """The value of the one key that the data says. ValueError when it is none of ``keys``."""
    ((key, value),) = said.items()
    if key not in keys:
        raise ValueError(f"{key} is given, but this task's truth is said by {' or '.join(keys)}")
    return value
