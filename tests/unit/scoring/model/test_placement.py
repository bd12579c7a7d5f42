from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework.graph_pb2 import GraphDef

from pipelines.sample_model import Sample
from scoring.model.frozen_graph import FOLDER, GRAPH_FILE
from scoring.model.network import open_network
from scoring.model.placement import AT_ONCE, CPU, keep_decoding_on_cpu
from scoring.model.signature import default_contract
from steps.validation.samples.loading import load

LISTS = {"TensorListFromTensor", "TensorListReserve", "TensorListStack"}


@pytest.fixture
def graph(sample_model_dir: Path) -> GraphDef:
    return GraphDef.FromString((sample_model_dir / "model" / FOLDER / GRAPH_FILE).read_bytes())


def on_cpu(graph: GraphDef) -> set[str]:
    return {node.op for node in graph.node if node.device == CPU}


def test_the_loop_that_decodes_and_its_lists_are_placed_and_nothing_else(graph: GraphDef) -> None:
    keep_decoding_on_cpu(graph)
    assert {"DecodeJpeg", "Enter", "Exit", "Merge", "Switch", "LoopCond", "NextIteration", *LISTS} <= on_cpu(graph)
    elsewhere = {node.op for node in graph.node if not node.device}
    assert {"Conv2D", "Softmax", "Placeholder"} <= elsewhere
    assert not elsewhere & {"DecodeJpeg", *LISTS}


def test_many_images_are_decoded_at_once(graph: GraphDef) -> None:
    assert {node.attr["parallel_iterations"].i for node in graph.node if node.op == "Enter"} == {10}
    keep_decoding_on_cpu(graph)
    assert {node.attr["parallel_iterations"].i for node in graph.node if node.op == "Enter"} == {AT_ONCE}


def test_how_many_the_author_wanted_at_once_stays() -> None:
    def model(images: tf.Tensor) -> tf.Tensor:
        def decode(image: tf.Tensor) -> tf.Tensor:
            return tf.ensure_shape(tf.io.decode_png(image, channels=1), (8, 6, 1))

        spec = tf.TensorSpec((8, 6, 1), tf.uint8)
        return tf.map_fn(decode, images, fn_output_signature=spec, parallel_iterations=1)

    graph = lowered(model, tf.TensorSpec([None], tf.string))
    keep_decoding_on_cpu(graph)
    assert "DecodePng" in on_cpu(graph)
    assert {node.attr["parallel_iterations"].i for node in graph.node if node.op == "Enter"} == {1}


def test_answers_stay_the_same(sample: Sample, sample_model_dir: Path) -> None:
    model = sample_model_dir / "model"
    images = [digit.body for digit in load(sample.validation, None, 40)]
    contract = default_contract(model)
    usual = open_network(model, contract).call([images])
    for one, other in zip(usual, open_network(model, contract, gpu=True).call([images]), strict=True):
        np.testing.assert_array_equal(one, other)


def lowered(function: Callable[[tf.Tensor], tf.Tensor], spec: tf.TensorSpec) -> GraphDef:
    """The graph of a function with TensorFlow 1's control flow, as a frozen graph has it."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    compiled: Any = tf.function(function)
    frozen = convert_variables_to_constants_v2(compiled.get_concrete_function(spec), lower_control_flow=True)
    return frozen.graph.as_graph_def()


def test_a_loop_that_decodes_nothing_is_left_alone() -> None:
    def doubled(rows: tf.Tensor) -> tf.Tensor:
        return tf.map_fn(lambda row: row * 2, rows)

    graph = lowered(doubled, tf.TensorSpec([None, 4]))
    assert any(node.op == "Enter" for node in graph.node)
    before = graph.SerializeToString(deterministic=True)
    keep_decoding_on_cpu(graph)
    assert graph.SerializeToString(deterministic=True) == before


def test_what_loops_within_the_decoding_loop_is_placed_with_it_and_a_later_loop_is_not() -> None:
    def model(images: tf.Tensor) -> tf.Tensor:
        def decode(image: tf.Tensor) -> tf.Tensor:
            pixels = tf.cast(tf.ensure_shape(tf.io.decode_png(image, channels=1), (8, 6, 1)), tf.float32)
            return tf.map_fn(tf.math.erfinv, pixels, name="rows")

        decoded = tf.map_fn(decode, images, fn_output_signature=tf.TensorSpec((8, 6, 1), tf.float32))
        return tf.map_fn(tf.math.lgamma, decoded)

    graph = lowered(model, tf.TensorSpec([None], tf.string))
    keep_decoding_on_cpu(graph)
    assert {"DecodePng", "Erfinv"} <= on_cpu(graph)
    assert "Lgamma" not in on_cpu(graph)
    within = {
        node.attr["frame_name"].s: node.attr["parallel_iterations"].i for node in graph.node if node.op == "Enter"
    }
    assert sorted(within.values()) == [10, 10, AT_ONCE]


def test_a_loop_that_holds_the_network_stays_where_it_is() -> None:
    def model(images: tf.Tensor) -> tf.Tensor:
        def answer(image: tf.Tensor) -> tf.Tensor:
            pixels = tf.cast(tf.ensure_shape(tf.io.decode_png(image, channels=1), (8, 6, 1)), tf.float32)
            return tf.matmul(tf.reshape(pixels, (1, 48)), tf.ones((48, 3)))

        return tf.map_fn(answer, images, fn_output_signature=tf.TensorSpec((1, 3), tf.float32))

    graph = lowered(model, tf.TensorSpec([None], tf.string))
    assert any(node.op == "MatMul" for node in graph.node)
    keep_decoding_on_cpu(graph)
    assert on_cpu(graph) == set()
