from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorflow.core.framework.graph_pb2 import GraphDef

from scoring.model.folding import fold_scales

KEPT = ("image", "output")
IMAGE = (2, 6, 5, 4)
SCALE = np.array([0.5, -2.0, 3.0, 0.25], np.float32)
SHIFT = np.array([1.0, 0.0, -3.0, 0.5], np.float32)


def random(*shape: int, dtype: Any = np.float32) -> npt.NDArray[Any]:
    return np.random.default_rng(7).normal(size=shape).astype(dtype)


def build(function: Callable[[Any], Any], dtype: Any = np.float32) -> GraphDef:
    """The graph of `function`, from the node "image" to the node "output"."""
    graph = tf.Graph()
    with graph.as_default():
        image = tf.compat.v1.placeholder(dtype, [None, *IMAGE[1:]], name="image")
        tf.identity(function(image), name="output")
    return graph.as_graph_def()


def run(graph: GraphDef, image: npt.NDArray[Any], output: str = "output") -> npt.NDArray[Any]:
    """What `graph` computes, as it stands: no optimiser sees it."""
    config = tf.compat.v1.ConfigProto()
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    with tf.Graph().as_default() as imported:
        tf.graph_util.import_graph_def(graph, name="")
        with tf.compat.v1.Session(graph=imported, config=config) as session:
            return np.asarray(session.run(f"{output}:0", {"image:0": image}))


def fold(function: Callable[[Any], Any], dtype: Any = np.float32, tolerance: float = 1e-5) -> GraphDef:
    """The folded graph of `function`, once it is known to compute the same."""
    graph = build(function, dtype)
    folded = fold_scales(graph, KEPT)
    image = random(*IMAGE, dtype=dtype)
    expected, found = run(graph, image), run(folded, image)
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
    return folded


def operations(graph: GraphDef) -> list[str]:
    return sorted(node.op for node in graph.node if node.op not in ("Const", "Placeholder", "Identity"))


def convolve(image: Any, weights: Any = None) -> Any:
    return tf.nn.conv2d(image, random(3, 3, 4, 4) if weights is None else weights, 1, "SAME")


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


def test_old_weights_are_not_kept_by_what_waits_for_them() -> None:
    weights = random(7, 7, 4, 64)

    def waiting(image: Any) -> Any:
        constant = tf.constant(weights)
        found = convolve(image, constant) * random(64)
        with tf.control_dependencies([constant]):
            again = tf.constant(1.0)  # a constant that waits for a constant
        with tf.control_dependencies([constant, again]):
            return tf.nn.relu(found)

    folded = fold(waiting)
    assert operations(folded) == ["BiasAdd", "Conv2D", "Relu"]
    assert folded.ByteSize() < weights.nbytes + 2000


def positive(image: Any) -> Any:
    return tf.raw_ops.Assert(condition=tf.reduce_all(image > 0), data=["not positive"])


def weights_wait(image: Any) -> Any:
    with tf.control_dependencies([positive(image)]):
        weights = tf.constant(random(3, 3, 4, 4))
    return convolve(image, weights) * SCALE


def factor_waits(image: Any) -> Any:
    with tf.control_dependencies([positive(image)]):
        factor = tf.constant(SCALE)
    return convolve(image) * factor


def user_waits_for_a_constant_that_waits(image: Any) -> Any:
    with tf.control_dependencies([positive(image)]):
        constant = tf.constant(1.0)
    found = convolve(image) * SCALE
    with tf.control_dependencies([constant]):
        return tf.nn.relu(found)


@pytest.mark.parametrize("function", [weights_wait, factor_waits, user_waits_for_a_constant_that_waits])
def test_what_constants_wait_for_is_waited_for(function: Callable[[Any], Any]) -> None:
    folded = fold_scales(build(function), KEPT)
    assert "BiasAdd" in operations(folded)
    assert run(folded, abs(random(*IMAGE))).shape == IMAGE
    with pytest.raises(tf.errors.InvalidArgumentError, match="not positive"):
        run(folded, -abs(random(*IMAGE)))


def test_a_step_that_waits_for_something_stays() -> None:
    def waiting(image: Any) -> Any:
        found, factor = convolve(image), tf.constant(SCALE)
        with tf.control_dependencies([positive(image)]):
            return found * factor

    folded = fold_scales(build(waiting), KEPT)
    assert operations(folded) == operations(build(waiting))
    with pytest.raises(tf.errors.InvalidArgumentError, match="not positive"):
        run(folded, -abs(random(*IMAGE)))


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


@pytest.mark.parametrize("factor", [np.float16(6e4), np.float16(np.inf), np.float16(np.nan)])
def test_weights_that_would_overflow_stay(factor: np.float16) -> None:
    graph = build(lambda image: convolve(image, 4 + random(3, 3, 4, 4, dtype=np.float16)) * factor, np.float16)
    assert fold_scales(graph, KEPT) == graph


def test_names_that_are_taken() -> None:
    def named(image: Any) -> Any:
        other = tf.constant(SHIFT, name="first/scaled"), tf.constant(SHIFT, name="first/shift")
        found = tf.nn.conv2d(image, random(3, 3, 4, 4), 1, "SAME", name="first")
        return tf.nn.relu(found * SCALE) * other[0] * other[1]

    assert operations(fold(named)) == ["BiasAdd", "Conv2D", "Mul", "Mul", "Relu"]


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
