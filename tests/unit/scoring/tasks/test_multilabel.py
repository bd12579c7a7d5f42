import json
from typing import Any

import numpy as np
import pytest

from scoring.contract import Task, Tensor
from scoring.errors import StartupError
from scoring.tasks.multilabel import answers, check, sigmoid

OUTPUT = Tensor(name="y", dtype="float32", shape=(None, 3))


def task(**fields: Any) -> Task:
    return Task(kind="multilabel", outputs=(OUTPUT,), **fields)


def test_classes_at_the_threshold_or_above_are_given_in_their_order() -> None:
    one, none = answers(task(threshold=0.25), [np.array([[0.25, 0.125, 0.75], [0, 0, 0]], np.float32)])
    assert one.to_json() == b'{"classes":[0,2],"probabilities":[0.25,0.75]}'
    assert none.to_json() == b'{"classes":[],"probabilities":[]}'
    assert one.noted == {"classes": [0, 2], "probability": 0.75}
    assert one.numbers.tolist() == [0.25, 0.125, 0.75]


def test_a_threshold_is_reached_by_what_is_written_like_it() -> None:
    (answer,) = answers(task(threshold=0.7), [np.array([[0.7, 0.69, 0]], np.float32)])
    assert answer.document["classes"] == [0]


def test_names() -> None:
    (answer,) = answers(task(labels=("sea", "sky", "boat")), [np.array([[0.5, 0.125, 0.75]], np.float32)])
    assert json.loads(answer.to_json()) == {"classes": [0, 2], "labels": ["sea", "boat"], "probabilities": [0.5, 0.75]}


def test_logits() -> None:
    (answer,) = answers(task(logits=True), [np.array([[0, -1000, 1000]], np.float16)])
    assert answer.numbers.tolist() == [0.5, 0, 1]
    np.testing.assert_allclose(sigmoid(np.array([-2, 3], np.float32)), 1 / (1 + np.exp([2.0, -3.0])), rtol=1e-6)


@pytest.mark.parametrize(
    ("fields", "rows", "message"),
    [
        ({}, [[0.5, 1.5, 0]], "gave 1.5, which is no probability: end the model with a sigmoid, or say .* logits"),
        ({}, [0.5], "has the shape"),
        ({"labels": ("a",)}, [[0, 0, 0]], "3 classes, but there are 1 labels"),
    ],
)
def test_outputs_that_are_not_of_labels(fields: dict[str, Any], rows: list[Any], message: str) -> None:
    with pytest.raises(StartupError, match=message):
        check(task(**fields), [np.array(rows)])
