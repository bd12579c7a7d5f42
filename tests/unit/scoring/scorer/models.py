"""Models of other inputs than one JPEG, real and tiny, and what is asked of them."""

import json
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from scoring.contract import Contract, Input, Task, Tensor
from scoring.errors import (
    RequestError,
)
from scoring.settings import ServiceSettings

REGRESSION = Task(kind="regression", outputs=(Tensor(name="y", dtype="float32", shape=(None,)),))
FOUR = ServiceSettings(max_batch=4)


def contract(*tensors: Tensor, task: Task = REGRESSION, **fields: Any) -> Contract:
    form = Input(**{"kind": "tensors", "tensors": tensors, **fields})
    return Contract(signature="serving_default", input=form, task=task)


def tensor(dtype: str, *shape: int | None, name: str = "x") -> Tensor:
    return Tensor(name=name, dtype=dtype, shape=(None, *shape))


def spec(tensor: Tensor) -> Any:
    return tf.TensorSpec(tensor.shape, tensor.dtype, name=tensor.name)


def instances(*rows: Any) -> bytes:
    return json.dumps({"instances": rows}).encode()


def values(result: Any) -> list[float]:
    """Of a regression's answer to JSON."""
    assert not isinstance(result, RequestError), result
    return [row["value"] for row in json.loads(result.to_json())["predictions"]]


def kinds(results: Sequence[Any]) -> list[type | None]:
    return [type(result) if isinstance(result, RequestError) else None for result in results]
