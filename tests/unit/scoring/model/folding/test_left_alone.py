"""What can't be folded, wholly or in part."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

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


def test_subtracting_from_a_constant_ends_a_chain() -> None:
    folded = fold(lambda image: (SHIFT - convolve(image) * SCALE) * SCALE)
    assert operations(folded) == ["BiasAdd", "Conv2D", "Mul", "Sub"]


@pytest.mark.parametrize(
    "shape",
    [
        (1, 6, 1, 1),
        (1, 6, 5, 1),
        (1, 1, 5, 4),
        (2, 1, 1, 4),
        (2, 1, 1, 1),
        (5, 1),
        (6, 5, 4),
        (1, 1, 1, 1, 4),
        (1, 1, 1, 1, 1),
        (3, 1, 1, 1, 1),
    ],
)
def test_a_factor_that_differs_within_a_channel_stays(shape: tuple[int, ...]) -> None:
    assert operations(fold(lambda image: (convolve(image) + SHIFT) * random(*shape))) == ["AddV2", "Conv2D", "Mul"]


@pytest.mark.parametrize("shape", [(2, 1, 1, 1), (1, 6, 1, 1), (1, 5, 1), (3, 2, 1, 1, 1)])
def test_as_many_numbers_as_channels_along_another_axis(shape: tuple[int, ...]) -> None:
    channels = int(np.prod(shape))

    def scaled(image: Any) -> Any:
        return convolve(image, random(3, 3, 4, channels)) * random(*shape)

    assert operations(fold(scaled)) == ["Conv2D", "Mul"]


def test_one_channel_is_not_spread() -> None:
    folded = fold(lambda image: convolve(image, random(3, 3, 4, 1)) * SCALE)
    assert operations(folded) == ["Conv2D", "Mul"]


def test_a_middle_value_used_twice() -> None:
    def twice(image: Any) -> Any:
        middle = tf.nn.bias_add(convolve(image), SHIFT)
        return middle * SCALE + tf.nn.relu(middle)

    assert operations(fold(twice)) == ["AddV2", "BiasAdd", "Conv2D", "Mul", "Relu"]


def test_a_chain_is_folded_up_to_the_value_used_twice() -> None:
    def twice(image: Any) -> Any:
        middle = convolve(image) * SCALE
        return (middle + SHIFT) * tf.nn.relu(middle)

    assert operations(fold(twice)) == ["AddV2", "BiasAdd", "Conv2D", "Mul", "Relu"]


def test_a_value_times_itself() -> None:
    def squared(image: Any) -> Any:
        middle = convolve(image)
        return middle * middle

    assert operations(fold(squared)) == ["Conv2D", "Mul"]


def test_a_middle_value_that_is_an_output() -> None:
    graph = build(lambda image: (convolve(image) + SHIFT) * SCALE)
    (middle,) = (node.name for node in graph.node if node.op == "AddV2")
    folded = fold_scales(graph, (*KEPT, middle))
    assert operations(folded) == ["AddV2", "Conv2D", "Mul"]
    image = random(*IMAGE)
    for output in (middle, "output"):
        np.testing.assert_array_equal(run(folded, image, output), run(graph, image, output))


def test_weights_that_are_computed_stay() -> None:
    def computed(image: Any) -> Any:
        return convolve(image, tf.reduce_mean(image) * random(3, 3, 4, 4)) * SCALE

    assert operations(fold(computed)) == ["Conv2D", "Mean", "Mul", "Mul"]


def test_channels_first_is_left_alone() -> None:
    def channels_first(image: Any) -> Any:
        turned = tf.transpose(image, [0, 3, 1, 2])
        found = tf.nn.conv2d(turned, random(3, 3, 4, 5), 1, "SAME", data_format="NCHW")
        return tf.nn.bias_add(found, random(5), data_format="NCHW") * random(5)

    graph = build(channels_first)
    assert fold_scales(graph, KEPT) == graph


def test_a_bias_along_another_axis_ends_a_chain() -> None:
    def along_height(image: Any) -> Any:
        found = convolve(image, random(3, 3, 4, 6))  # as many channels as rows
        return tf.nn.bias_add(found, random(6), data_format="NCHW") * random(6)

    assert operations(fold(along_height)) == ["BiasAdd", "Conv2D", "Mul"]


@pytest.mark.parametrize("factor", [np.float16(6e4), np.float16(np.inf), np.float16(np.nan)])
def test_weights_that_would_overflow_stay(factor: np.float16) -> None:
    graph = build(lambda image: convolve(image, 4 + random(3, 3, 4, 4, dtype=np.float16)) * factor, np.float16)
    assert fold_scales(graph, KEPT) == graph


@pytest.mark.parametrize(
    "function",
    [
        lambda image: image * SCALE + SHIFT,
        lambda image: tf.nn.relu(convolve(image)) * SCALE,
        lambda image: tf.nn.bias_add(convolve(image), SHIFT) + SHIFT,
        convolve,
    ],
)
def test_nothing_to_fold(function: Callable[[Any], Any]) -> None:
    graph = build(function)
    assert fold_scales(graph, KEPT) == graph
