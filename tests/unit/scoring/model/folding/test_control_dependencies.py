"""What nodes wait for besides their inputs."""

from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf

from scoring.model.folding import fold_scales
from tests.unit.scoring.model.folding.graphs import IMAGE, KEPT, SCALE, build, convolve, fold, operations, random, run


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
