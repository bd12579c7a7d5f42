from typing import Any

import numpy as np
import pytest

from scoring.contract import Task, Tensor
from scoring.errors import StartupError
from scoring.tasks.binary import answers, check

OUTPUT = Tensor(name="y", dtype="float32", shape=(None, 1))


def task(**fields: Any) -> Task:
    return Task(kind="binary", outputs=(OUTPUT,), **fields)


@pytest.mark.parametrize("rows", [[0.25, 0.75], [[0.25], [0.75]], [[0.75, 0.25], [0.25, 0.75]]])
def test_the_second_class_is_answered_from_the_threshold_on(rows: list[Any]) -> None:
    array = np.array(rows, np.float32)
    check(task(), [array])
    no, yes = answers(task(labels=("well", "ill"), threshold=0.75), [array])
    assert no.to_json() == b'{"class":0,"label":"well","probability":0.25}'
    assert yes.to_json() == b'{"class":1,"label":"ill","probability":0.75}'
    assert yes.noted == {"class": 1, "index": 1, "probability": 0.75}


@pytest.mark.parametrize("rows", [[0, np.log(3)], [[0], [np.log(3)]], [[5, 5], [0, np.log(3)]]])
def test_logits_of_one_or_of_two(rows: list[Any]) -> None:
    half, more = answers(task(logits=True), [np.array(rows)])
    assert [half.document["probability"], more.document["probability"]] == pytest.approx([0.5, 0.75])
    assert half.document["class"] == 1


@pytest.mark.parametrize(
    ("fields", "rows", "message"),
    [
        ({}, [[0.1, 0.2, 0.7]], r"shape \[1, 3\] instead of \[rows, 1\] or \[rows, 2\]"),
        ({}, [[-3.0]], "gave -3, which is no probability"),
        ({"labels": ("a", "b", "c")}, [[0.5]], "3 labels for two classes"),
    ],
)
def test_outputs_that_are_no_decision(fields: dict[str, Any], rows: list[Any], message: str) -> None:
    with pytest.raises(StartupError, match=message):
        check(task(**fields), [np.array(rows)])
