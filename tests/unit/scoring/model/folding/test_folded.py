"""What becomes one bias, and computes the same."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.model.folding import fold_scales
from tests.unit.scoring.model.folding.graphs import (
    IMAGE,
    KEPT,
    SCALE,
    SHIFT,
    build,
    convolve,
    fold,
    operations,
    random,
    run,
)


def test_a_bias_and_a_batch_normalisation_become_one_bias() -> None:
    folded = fold(lambda image: tf.nn.relu(tf.nn.bias_add(convolve(image), SHIFT) * SCALE + SHIFT - 2 * SCALE))
    assert operations(folded) == ["BiasAdd", "Conv2D", "Relu"]
    assert sum(node.op == "Const" for node in folded.node) == 2


def test_no_bias() -> None:
    assert operations(fold(lambda image: convolve(image) * SCALE + SHIFT)) == ["BiasAdd", "Conv2D"]
    assert operations(fold(lambda image: convolve(image) * SCALE)) == ["BiasAdd", "Conv2D"]


@pytest.mark.parametrize("multiplier", [1, 2])
def test_depthwise(multiplier: int) -> None:
    scale, shift = random(4 * multiplier), 1 + random(4 * multiplier)

    def depthwise(image: Any) -> Any:
        weights = random(3, 3, 4, multiplier)
        found = tf.nn.depthwise_conv2d(image, weights, [1, 1, 1, 1], "VALID")
        return tf.nn.bias_add(found, shift) * scale + shift

    assert operations(fold(depthwise)) == ["BiasAdd", "DepthwiseConv2dNative"]


def test_groups() -> None:
    def grouped(image: Any) -> Any:
        return (convolve(image, random(3, 3, 2, 6)) + random(6)) * random(6)

    assert operations(fold(grouped)) == ["BiasAdd", "Conv2D"]


@pytest.mark.parametrize("factor", [np.float32(3), SCALE[:1], np.full((1, 1, 1, 1), 3, np.float32)])
def test_one_factor_for_all_channels(factor: Any) -> None:
    folded = fold(lambda image: (convolve(image) + SHIFT) * factor - factor)
    assert operations(folded) == ["BiasAdd", "Conv2D"]


@pytest.mark.parametrize("shape", [(1, 4), (1, 1, 4), (1, 1, 1, 4)])
def test_leading_axes_of_one(shape: tuple[int, ...]) -> None:
    assert operations(fold(lambda image: (convolve(image) + SHIFT) * random(*shape))) == ["BiasAdd", "Conv2D"]


def test_constants_on_the_left() -> None:
    assert operations(fold(lambda image: SHIFT + SCALE * (SHIFT + convolve(image)))) == ["BiasAdd", "Conv2D"]


def test_the_last_step_may_be_an_output() -> None:
    graph = build(lambda image: convolve(image) * SCALE)
    (last,) = (node.name for node in graph.node if node.op == "Mul")
    folded = fold_scales(graph, ("image", last))
    image = random(*IMAGE)
    assert "Mul" not in operations(folded)
    np.testing.assert_allclose(run(folded, image, last), run(graph, image, last), atol=1e-5)


def test_weights_shared_by_two_convolutions() -> None:
    def shared(image: Any) -> Any:
        weights = tf.constant(random(3, 3, 4, 4))
        return (
            convolve(image, weights) * SCALE - tf.nn.relu(convolve(image, weights) * SHIFT) + convolve(image, weights)
        )

    assert operations(fold(shared)) == ["AddV2", "BiasAdd", "BiasAdd", "Conv2D", "Conv2D", "Conv2D", "Relu", "Sub"]


def test_convolutions_behind_each_other() -> None:
    def two(image: Any) -> Any:
        first = (convolve(image) + SHIFT) * SCALE
        return (convolve(first) + SHIFT) * SCALE

    assert operations(fold(two, tolerance=1e-4)) == ["BiasAdd", "BiasAdd", "Conv2D", "Conv2D"]


def test_a_layout_that_is_the_default_may_be_left_out() -> None:
    graph = build(lambda image: tf.nn.bias_add(convolve(image), SHIFT) * SCALE)
    for node in graph.node:
        node.attr.pop("data_format", None)
    before = graph.SerializeToString(deterministic=True)
    folded = fold_scales(graph, KEPT)
    assert graph.SerializeToString(deterministic=True) == before
    assert operations(folded) == ["BiasAdd", "Conv2D"]
    image = random(*IMAGE)
    np.testing.assert_allclose(run(folded, image), run(graph, image), atol=1e-5)


def test_functions_stay_in_the_library() -> None:
    @tf.function  # type: ignore[untyped-decorator]
    def inner(value: Any) -> Any:
        return (convolve(value) + SHIFT) * SCALE

    graph = build(lambda image: (convolve(inner(image)) + SHIFT) * SCALE)
    folded = fold_scales(graph, KEPT)
    assert len(folded.library.function) == 1
    assert folded.library == graph.library
    assert operations(folded) == ["BiasAdd", "Conv2D", "PartitionedCall"]
    image = random(*IMAGE)
    np.testing.assert_allclose(run(folded, image), run(graph, image), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float16, 3e-2), (np.float64, 1e-12)])
def test_other_precisions(dtype: Any, tolerance: float) -> None:
    scale, shift = SCALE.astype(dtype), SHIFT.astype(dtype)

    def scaled(image: Any) -> Any:
        return tf.nn.bias_add(convolve(image, random(3, 3, 4, 4, dtype=dtype)), shift) * scale - shift

    folded = fold(scaled, dtype, tolerance)
    assert operations(folded) == ["BiasAdd", "Conv2D"]
    constants = [tf.make_ndarray(node.attr["value"].tensor) for node in folded.node if node.op == "Const"]
    assert [constant.dtype for constant in constants] == [dtype, dtype]


def test_names_that_are_taken() -> None:
    def named(image: Any) -> Any:
        other = tf.constant(SHIFT, name="first/scaled"), tf.constant(SHIFT, name="first/shift")
        found = tf.nn.conv2d(image, random(3, 3, 4, 4), 1, "SAME", name="first")
        return tf.nn.relu(found * SCALE) * other[0] * other[1]

    assert operations(fold(named)) == ["BiasAdd", "Conv2D", "Mul", "Mul", "Relu"]


def test_folding_again_changes_nothing() -> None:
    folded = fold_scales(build(lambda image: (convolve(image) + SHIFT) * SCALE), KEPT)
    assert fold_scales(folded, KEPT) == folded


STEPS: dict[str, Callable[[Any, Any], Any]] = {
    "bias": lambda value, constant: tf.nn.bias_add(value, constant.reshape(-1)) if constant.size == 4 else value,
    "add": lambda value, constant: value + constant,
    "add on the left": lambda value, constant: constant + value,
    "multiply": lambda value, constant: value * constant,
    "multiply on the left": lambda value, constant: constant * value,
    "subtract": lambda value, constant: value - constant,
    "subtract from": lambda value, constant: constant - value,
    "use twice": lambda value, constant: value + constant * tf.nn.relu(value),
}
SHAPES = [(), (1,), (4,), (1, 1, 4), (4, 1), (1, 4, 1, 1), (1, 4, 4, 1), (4, 1, 1, 1), (1, 1, 1, 4), (4, 1, 1, 4)]


@st.composite
def steps(draw: st.DrawFn) -> tuple[str, npt.NDArray[np.float64]]:
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    return draw(st.sampled_from(sorted(STEPS))), np.asarray(chance.normal(size=draw(st.sampled_from(SHAPES))))


@settings(max_examples=50, deadline=None)
@given(st.lists(steps(), min_size=1, max_size=6), st.sampled_from(["plain", "grouped", "depthwise"]))
def test_any_chain_computes_the_same(chain: Sequence[tuple[str, npt.NDArray[np.float64]]], kind: str) -> None:
    def chained(image: Any) -> Any:
        square = tf.tile(image[:, :4, :4], [2, 1, 1, 1])  # four images of 4 x 4 pixels and 4 channels
        if kind == "depthwise":
            value = tf.nn.depthwise_conv2d(square, random(3, 3, 4, 1, dtype=np.float64), [1, 1, 1, 1], "SAME")
        else:
            value = convolve(square, random(3, 3, 4 if kind == "plain" else 2, 4, dtype=np.float64))
        for name, constant in chain:
            value = STEPS[name](value, constant)
        return value

    folded = fold(chained, np.float64)
    assert sum(node.op in ("Conv2D", "DepthwiseConv2dNative") for node in folded.node) == 1
