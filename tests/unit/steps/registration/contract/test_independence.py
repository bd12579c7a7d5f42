"""Does a row's answer depend on anything but the row? By answers of every type that a model may give."""

from collections.abc import Sequence

import numpy as np
import pytest
import tensorflow as tf

from scoring.model.network import Column
from scoring.tasks.answer import Array
from steps.registration.contract.independence import check_independence
from steps.registration.contract.inference.notes import Notes
from steps.registration.contract.opening import Answer, Arrays

TYPES = [np.float32, np.float16, np.float64, tf.bfloat16.as_numpy_dtype, np.int64, np.uint8, np.bool_, np.object_]
ROW = np.array([[1.0, 0.25]], np.float32)


def told(answer: Answer, *columns: Column, coarse: bool = False) -> Notes:
    """What is noted of an answer to two rows that are the same."""
    asked: Sequence[Column] = columns or [np.repeat(ROW, 2, axis=0)]
    notes = Notes()
    check_independence(answer, asked, answer(asked), notes, images=False, coarse=coarse)
    return notes


def as_type(values: Array, dtype: type) -> Array:
    return (
        np.array([str(value).encode() for value in values], np.object_) if dtype is np.object_ else values.astype(dtype)
    )


@pytest.mark.parametrize("dtype", TYPES)
def test_of_every_type_an_answer_that_is_the_rows_own_passes_and_another_does_not(dtype: type) -> None:
    def own(columns: Sequence[Column]) -> Arrays:
        return {"y": as_type(np.asarray(columns[0])[:, 0], dtype)}

    def of_the_batch(columns: Sequence[Column]) -> Arrays:
        rows = np.asarray(columns[0])
        return {"y": as_type(np.full(len(rows), float(rows[:, 1].max() > 0.5)), dtype)}

    assert told(own) == Notes()
    assert [obstacle.where for obstacle in told(of_the_batch).obstacles] == ["the outputs"]


@pytest.mark.parametrize("dtype", TYPES)
def test_of_every_type_an_answer_that_changes_is_noted(dtype: type) -> None:
    asked: list[int] = []

    def counting(columns: Sequence[Column]) -> Arrays:
        asked.append(1)
        return {"y": as_type(np.full(len(columns[0]), float(len(asked) % 2)), dtype)}

    notes = told(counting)
    assert ("(y)" in notes.warnings[0], notes.obstacles) == (True, [])


def test_an_answer_may_be_padded_to_the_longest_of_the_batch() -> None:
    """As boxes of images are."""

    def padded(columns: Sequence[Column]) -> Arrays:
        longest = max(len(text.split()) for text in columns[0])
        return {"y": np.array([[1.0] * len(t.split()) + [0.0] * (longest - len(t.split())) for t in columns[0]])}

    assert told(padded, [b"one two", b"one two"]) == Notes()


def test_what_the_model_refuses_beside_a_sample_says_nothing() -> None:
    def choosy(columns: Sequence[Column]) -> Arrays:
        if (np.asarray(columns[0]) != ROW).any():
            raise ValueError("not among those that I know")
        return {"y": np.asarray(columns[0])[:, 0]}

    assert told(choosy) == Notes()


@pytest.mark.parametrize("way", [1, -1])
def test_a_row_may_depend_neither_on_those_before_it_nor_on_those_behind(way: int) -> None:
    def summed(columns: Sequence[Column]) -> Arrays:
        return {"y": np.cumsum(np.asarray(columns[0])[::way], axis=0)[::way]}

    assert [obstacle.where for obstacle in told(summed).obstacles] == ["the outputs"]


def test_an_output_may_number_the_rows_and_hides_none_that_leans() -> None:
    def numbered(columns: Sequence[Column]) -> Arrays:
        rows = np.asarray(columns[0])
        return {"index": np.arange(len(rows)), "y": rows - rows.mean(axis=0) if leaning else rows}

    leaning = False
    assert told(numbered) == Notes()
    leaning = True
    assert "(y)" in told(numbered).obstacles[0].what


def test_what_few_bits_may_explain_is_noted_and_not_refused() -> None:
    def centred(columns: Sequence[Column]) -> Arrays:
        rows = np.asarray(columns[0])
        return {"y": rows - rows.mean(axis=0)}

    notes = told(centred, coarse=True)
    assert ("(y)" in notes.warnings[0], notes.obstacles) == (True, [])


def test_an_answer_whose_rank_follows_the_batch_depends_on_it() -> None:
    def squeezed(columns: Sequence[Column]) -> Arrays:
        rows = np.asarray(columns[0])
        return {"y": rows if len(np.unique(rows, axis=0)) == 1 else rows[:, np.newaxis]}

    assert [obstacle.where for obstacle in told(squeezed).obstacles] == ["the outputs"]


def test_a_draw_that_is_seldom_another_is_no_neighbours_doing() -> None:
    drawn = iter([0.0, 0.0, 1.0, 0.0, 1.0])

    def drawing(columns: Sequence[Column]) -> Arrays:
        return {"y": np.full(len(columns[0]), next(drawn))}

    notes = told(drawing)
    assert ("(y)" in notes.warnings[0], notes.obstacles) == (True, [])


@pytest.mark.parametrize("column", [np.array([[True]] * 2), np.array([[b"a"]] * 2, object), np.zeros((2, 3), np.int8)])
def test_inputs_of_other_types_get_another_row_too(column: Array) -> None:
    seen: list[Array] = []

    def listening(columns: Sequence[Column]) -> Arrays:
        seen.append(np.asarray(columns[0]))
        return {"y": np.zeros(2)}

    told(listening, column)
    assert seen[-1].shape == column.shape
    assert seen[-1].dtype == column.dtype
    assert not np.array_equal(seen[-1][0], seen[-1][1])
