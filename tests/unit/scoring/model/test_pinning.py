"""A model whose author named devices is served on whatever is there, frozen or not."""

from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tensorflow.core.framework.graph_pb2 import GraphDef
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from scoring.contract import Contract, Input, Task, Tensor
from scoring.model.frozen_graph import FOLDER, GRAPH_FILE, freeze
from scoring.model.pinning import is_pinned, unpin
from scoring.model.signature import default_contract
from scoring.scorer import Scorer
from tests.unit.scoring.conftest import Save, brightness, classify, encode

ROWS = tf.TensorSpec([None, 2], tf.float32, name="rows")
CONTRACT = Contract(
    signature="serving_default",
    input=Input(kind="tensors", tensors=(Tensor(name="rows", dtype="float32", shape=(None, 2)),)),
    task=Task(kind="regression", outputs=(Tensor(name="value", dtype="float32", shape=(None,)),)),
)
DEVICES = [
    "/GPU:0",
    "/device:GPU:1",
    "/device:TPU:0",
    "/device:CPU:7",
    "/job:localhost/replica:0/task:0/device:GPU:0",
    "/job:worker/task:3/device:GPU:0",
    "/job:worker/replica:0/task:0",
    "/job:ps/device:CPU:0",
]


def answers(model: Path, contract: Contract = CONTRACT, **options: Any) -> bytes:
    (answer,) = Scorer(model, contract, **options).predict([b'{"instances": [[1, 2]]}'])
    return answer.to_json()


@pytest.mark.parametrize("device", DEVICES)
def test_tensorflow_2(save: Save, device: str) -> None:
    weights = tf.Variable([[1.0], [2.0]])

    @tf.function  # type: ignore[untyped-decorator]
    def multiplied(rows: Any) -> Any:
        return tf.matmul(rows, weights)[:, 0]

    def serve(rows: Any) -> dict[str, Any]:
        with tf.device(device):
            looped = tf.map_fn(tf.reduce_sum, rows)
            return {"value": tf.cond(looped[0] > 0, lambda: multiplied(rows), lambda: looped)}

    model = save(serve, ROWS, weights=weights)
    assert answers(model) == b'{"predictions":[{"value":5.0}]}'
    assert freeze(model, CONTRACT) is None
    assert answers(model) == b'{"predictions":[{"value":5.0}]}'


@pytest.mark.parametrize("device", DEVICES)
def test_tensorflow_1(tmp_path: Path, device: str) -> None:
    model = tmp_path / "model"
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        rows = tf.compat.v1.placeholder(tf.float32, [None, 2], name="rows")
        weights = tf.compat.v1.get_variable("weights", initializer=[[1.0], [2.0]])
        value = tf.squeeze(rows @ weights, 1, name="value")
        session.run(tf.compat.v1.global_variables_initializer())
        tf.compat.v1.saved_model.simple_save(session, str(model), {"rows": rows}, {"value": value})
    definition = SavedModel.FromString((model / "saved_model.pb").read_bytes())
    for node in definition.meta_graphs[0].graph_def.node:
        node.device = device  # as a machine that has it writes, those that save and restore among them
    (model / "saved_model.pb").write_bytes(definition.SerializeToString())

    assert answers(model) == b'{"predictions":[{"value":5.0}]}'
    assert freeze(model, CONTRACT) is None
    assert answers(model) == b'{"predictions":[{"value":5.0}]}'


@pytest.mark.parametrize("device", ["/GPU:0", "/job:worker/task:1"])
def test_a_pinned_network_behind_decoded_images(save: Save, device: str) -> None:
    def serve(image: Any) -> dict[str, Any]:
        with tf.device(device):
            return brightness(image)

    model = save(serve, tf.TensorSpec([None, 8, 6, 3], tf.uint8, name="image"))
    assert freeze(model, default_contract(model)) is None
    assert [one.label for one in classify(Scorer(model), [encode("black"), encode("white")])] == [0, 1]
    graph = GraphDef.FromString((model / FOLDER / GRAPH_FILE).read_bytes())
    assert not is_pinned(graph)


def test_what_the_graph_reads_by_itself_is_still_there(tmp_path: Path) -> None:
    """A lookup table's file, which lies in the folder beside the graph."""
    (tmp_path / "words.txt").write_text("dark\nbright\n", encoding="utf-8")

    class Named(tf.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            form = tf.lookup.TextFileInitializer(
                str(tmp_path / "words.txt"),
                tf.string,
                tf.lookup.TextFileIndex.WHOLE_LINE,
                tf.int64,
                tf.lookup.TextFileIndex.LINE_NUMBER,
            )
            self.table = tf.lookup.StaticHashTable(form, -1)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="words")])  # type: ignore[untyped-decorator]
        def serve(self, words: Any) -> dict[str, Any]:
            with tf.device("/job:worker/task:1"):
                return {"value": tf.cast(self.table.lookup(words), tf.float32)}

    module = Named()
    tf.saved_model.save(module, str(tmp_path / "model"), signatures={"serving_default": module.serve})
    (tmp_path / "words.txt").unlink()
    words = Tensor(name="words", dtype="string", shape=(None,))
    contract = CONTRACT.model_copy(update={"input": Input(kind="text", tensors=(words,))})
    assert "lookup tables" in str(freeze(tmp_path / "model", contract))
    (answer,) = Scorer(tmp_path / "model", contract).predict([b'{"instances": ["bright"]}'])
    assert answer.to_json() == b'{"predictions":[{"value":1.0}]}'


def test_the_cpu_that_an_author_chose_stays() -> None:
    graph = GraphDef()
    for device in ("/device:CPU:0", "", "/cpu:0", "no device", "/device:GPU:0"):
        graph.node.add(op="NoOp", device=device)
    graph.library.function.add().node_def.add(op="NoOp", device="/job:chief")
    assert unpin(graph)
    assert [node.device for node in graph.node] == ["/device:CPU:0", "", "/device:CPU:0", "", ""]
    assert graph.library.function[0].node_def[0].device == ""
    assert not unpin(graph)
