from typing import Any

import numpy as np
import pytest

from scoring.contract import Task, Tensor
from scoring.errors import StartupError
from scoring.tasks.regression import answers, check

OUTPUT = Tensor(name="y", dtype="float32", shape=(None, 1))


@pytest.mark.parametrize(
    ("rows", "unit", "body"),
    [
        (np.array([0.1], np.float32), None, b'{"value":0.1}'),
        (np.array([[0.1]], np.float64), "kg", b'{"value":0.1,"unit":"kg"}'),
        (np.array([[[0.1, -2]]], np.float16), "kg", b'{"values":[0.099975586,-2.0],"unit":"kg"}'),
    ],
)
def test_one_value_or_several_with_their_digits(rows: Any, unit: str | None, body: bytes) -> None:
    task = Task(kind="regression", outputs=(OUTPUT,), unit=unit)
    check(task, [rows])
    (answer,) = answers(task, [rows])
    assert answer.to_json() == body


def test_a_sample_notes_the_values() -> None:
    task = Task(kind="regression", outputs=(OUTPUT,))
    (one,) = answers(task, [np.array([[0.1]], np.float32)])
    (two,) = answers(task, [np.array([[0.1, 2]], np.float32)])
    assert (one.noted, two.noted) == ({"value": 0.1}, {"values": [0.1, 2.0]})


def test_what_is_not_finite_is_told() -> None:
    good, bad = answers(Task(kind="regression", outputs=(OUTPUT,)), [np.array([1, np.inf], np.float32)])
    assert (good.is_finite, bad.is_finite) == (True, False)


def test_an_output_without_values() -> None:
    with pytest.raises(StartupError, match="'y' has no values"):
        check(Task(kind="regression", outputs=(OUTPUT,)), [np.zeros((1, 0))])
