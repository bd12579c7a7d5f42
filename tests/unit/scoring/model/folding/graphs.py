"""Graphs of one function: folded, and run as they stand."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
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
