import json
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from scoring.contract import Task, Tensor
from scoring.errors import StartupError
from scoring.tasks.answer import Answer, Answers
from scoring.tasks.tensors import answers, check


def outputs(**arrays: Any) -> list[Answer]:
    """Answers by outputs of these names."""
    tensors = tuple(Tensor(name=name, dtype="float32", shape=(None,)) for name in arrays)
    return answers(Task(kind="tensors", outputs=tensors), [np.asarray(array) for array in arrays.values()])


def bodies(rows: list[Answer]) -> tuple[Any, Any, Any]:
    """As the answer to an image, and to the two forms of JSON."""
    texts = (rows[0].to_json(), Answers(rows, "instances").to_json(), Answers(rows, "inputs").to_json())
    first, by_rows, by_columns = map(json.loads, texts)
    return first["outputs"], by_rows["predictions"], by_columns["outputs"]


def test_in_lists_the_only_output_needs_no_name() -> None:
    rows = outputs(y=[[1.5, 2], [3, 4]])
    assert bodies(rows) == ({"y": [1.5, 2]}, [[1.5, 2], [3, 4]], [[1.5, 2], [3, 4]])


def test_several_outputs_have_names() -> None:
    first, by_rows, by_columns = bodies(outputs(a=[1, 2], b=[[b"x"], [b"\xff"]]))
    assert first == {"a": 1, "b": ["x"]}
    assert by_rows == [{"a": 1, "b": ["x"]}, {"a": 2, "b": [{"b64": "/w=="}]}]
    assert by_columns == {"a": [1, 2], "b": [["x"], [{"b64": "/w=="}]]}


@pytest.mark.parametrize(
    ("array", "value"),
    [
        (np.array([[0.1]], np.float32), [0.1]),
        (np.array([[0.5]], np.float16), [0.5]),
        (np.array([0.5], tf.bfloat16.as_numpy_dtype), 0.5),
        (np.array([[0.5]], tf.bfloat16.as_numpy_dtype), [0.5]),
        (np.array([[[2**63 - 1]]]), [[2**63 - 1]]),
        (np.array([True]), True),
        (np.array([b"text"], object), "text"),
        (np.zeros((1, 0, 2)), []),
        (np.arange(8.0).reshape(1, 4, 2).transpose(0, 2, 1), [[0, 2, 4, 6], [1, 3, 5, 7]]),
    ],
)
def test_types_and_shapes(array: Any, value: Any) -> None:
    assert bodies(outputs(y=array))[0] == {"y": value}


def test_what_json_has_no_form_for_stops_the_start() -> None:
    task = Task(kind="tensors", outputs=tuple(Tensor(name=n, dtype="complex64", shape=(None,)) for n in ("a", "b")))

    with pytest.raises(StartupError, match="'b' is complex64, which JSON has no form for: leave it out"):
        check(task, [np.ones(1, np.float32), np.ones(1, np.complex64)])


def test_numbers_of_all_outputs_are_compared_and_checked() -> None:
    (answer,) = outputs(a=[[1, 2]], b=[[b"x"]], c=[[0.5]])
    assert answer.numbers.tolist() == [1, 2, 0.5]
    assert [row.is_finite for row in outputs(a=[1.0, np.nan])] == [True, False]
    assert outputs(b=[b"x"])[0].is_finite


def test_a_sample_notes_the_beginnings() -> None:
    (answer,) = outputs(a=[np.arange(1000)], b=[b"x"])
    assert json.loads(json.dumps(answer.noted)) == {"outputs": {"a": list(range(20)), "b": ["x"]}}


def test_zeros_at_a_text_s_end_stay() -> None:
    words = np.array([b"a\0", b"\0\0"], object)  # as TensorFlow gives strings
    assert bodies(outputs(word=words)) == ({"word": "a\0"}, ["a\0", "\0\0"], ["a\0", "\0\0"])
