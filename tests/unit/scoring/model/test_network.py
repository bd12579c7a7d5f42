import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from scoring.contract import Contract, Input, Task
from scoring.errors import StartupError
from scoring.model.frozen_graph import FOLDER, GRAPH_FILE, NAMES_FILE, freeze
from scoring.model.network import Column, Network, open_network
from scoring.model.signature import default_contract, read_signatures
from tests.unit.scoring.conftest import Save, brightness, encode


def contract(model: Path, key: str = "serving_default", **form: Any) -> Contract:
    signature = read_signatures(model)[key]
    task = Task(kind="tensors", outputs=signature.outputs)
    return Contract(signature=key, input=Input(tensors=signature.inputs, **form), task=task)


def both(model: Path, asked: Contract) -> list[Network]:
    """The exported model and the frozen."""
    assert freeze(model, asked) is None
    return [open_network(model, asked, frozen=False), open_network(model, asked)]


def call(network: Network, *columns: Column) -> dict[str, npt.NDArray[Any]]:
    return dict(zip(network.outputs, network.call(columns), strict=True))


def test_several_inputs_of_any_dtype_and_outputs_of_any_name(save: Save) -> None:
    def function(count: Any, flag: Any, name: Any, weights: Any) -> dict[str, Any]:
        number = tf.strings.as_string(count) + tf.where(flag, "!", "?")
        return {"a/b:0": tf.strings.join([name, number]), "output_0": weights[::-1], "Z z": tf.logical_not(flag)}

    specs = [
        tf.TensorSpec([None], tf.int64, name="count"),
        tf.TensorSpec([None], tf.bool, name="flag"),
        tf.TensorSpec([None], tf.string, name="name"),
        tf.TensorSpec([None, 2, None], tf.float16, name="weights"),
    ]
    model = save(function, *specs, key="predict")
    asked = contract(model, "predict", kind="tensors")
    weights = np.arange(12, dtype=np.float16).reshape(2, 2, 3)
    for network in both(model, asked):
        assert network.outputs == ("Z z", "a/b:0", "output_0")
        found = call(network, np.array([1, 2]), np.array([True, False]), [b"x", "größe".encode()], weights)
        assert found["Z z"].tolist() == [False, True]
        assert [text.decode() for text in found["a/b:0"]] == ["x1!", "größe2?"]
        assert found["output_0"].dtype == np.float16
        np.testing.assert_array_equal(found["output_0"], weights[::-1])


def test_an_array_of_another_shape_is_a_value_error(save: Save) -> None:
    model = save(lambda x: {"same": tf.identity(x)}, tf.TensorSpec([None, 2], tf.float32, name="x"))
    for network in both(model, contract(model, kind="tensors")):
        with pytest.raises(ValueError, match="shape"):
            network.call([np.ones((1, 3), np.float32)])


def test_an_input_that_the_model_ignores(save: Save) -> None:
    specs = [tf.TensorSpec([None], tf.float32, name=name) for name in ("x", "y")]
    model = save(lambda x, y: {"same": tf.identity(x)}, *specs)
    for network in both(model, contract(model, kind="tensors")):
        assert call(network, np.ones(1, np.float32), np.zeros(1, np.float32))["same"].tolist() == [1]


@pytest.mark.parametrize("shape", [[None], [None, 1]])
def test_text(save: Save, shape: list[int | None]) -> None:
    model = save(lambda text: {"asked": tf.strings.join([text, "?"])}, tf.TensorSpec(shape, tf.string, name="text"))
    for network in both(model, contract(model, kind="text")):
        asked = call(network, ["grün".encode(), b"end\0"])["asked"]
        assert asked.shape == (2, *shape[1:])
        assert asked.ravel().tolist() == ["grün?".encode(), b"end\0?"]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [None, (8, 6)])
def test_images(save: Save, channels: int, size: tuple[int, int] | None) -> None:
    model = save(
        lambda image: {"mean": tf.reduce_mean(image, [1, 2]), "size": tf.repeat([tf.shape(image)[1:3]], 2, axis=0)},
        tf.TensorSpec([None, *(size or (None, None)), channels], tf.float32, name="image"),
    )
    images = [encode("white"), encode("black", "PNG")]
    for network in both(model, contract(model, kind="image", size=size, scale="-1-1")):
        found = call(network, images)
        np.testing.assert_allclose(found["mean"], [[1] * channels, [-1] * channels], atol=1e-6)
        assert found["size"].tolist() == [list(size or (30, 40))] * 2
        with pytest.raises(tf.errors.InvalidArgumentError):
            network.call([[images[0][:100]]])


def test_encoded_images_go_to_the_model_as_they_are(save: Save) -> None:
    model = save(lambda jpegs: {"length": tf.strings.length(jpegs)}, tf.TensorSpec([None], tf.string, name="jpegs"))
    images = [encode("white"), encode("black", "PNG")]
    for network in both(model, contract(model, kind="jpeg")):
        assert call(network, images)["length"].tolist() == [len(image) for image in images]


def test_the_label_comes_before_the_tasks_outputs(save: Save) -> None:
    def named(image: Any) -> dict[str, Any]:
        return {**brightness(image), "classes": tf.argmax(brightness(image)["probabilities"], 1)}

    model = save(named, tf.TensorSpec([None, 8, 6, 3], tf.uint8, name="image"))
    for network in both(model, default_contract(model)):
        assert network.outputs == ("classes", "probabilities")
        labels, probabilities = network.call([[encode("white")]])
        assert (labels.tolist(), probabilities.shape) == ([1], (1, 2))


def test_a_frozen_graph_calls_no_function_and_hands_on_each_output_by_itself(save: Save) -> None:
    factor = tf.Variable(1.0)

    def named(jpegs: Any) -> dict[str, Any]:
        length = factor * tf.cast(tf.strings.length(jpegs), tf.float32)
        return {"probabilities": tf.stack([length, 1 - length], 1), "classes": tf.strings.as_string(length)}

    model = save(named, tf.TensorSpec([None], tf.string, name="jpegs"), factor=factor)
    assert freeze(model, default_contract(model)) is None
    graph = tf.compat.v1.GraphDef.FromString((model / FOLDER / GRAPH_FILE).read_bytes())
    assert not {node.op for node in graph.node} & {"IdentityN", "StatefulPartitionedCall", "PartitionedCall"}


def test_a_frozen_graph_of_before_there_were_contracts(save: Save) -> None:
    model = save(brightness, tf.TensorSpec([None, 8, 6, 3], tf.uint8, name="image"))
    assert freeze(model, default_contract(model)) is None
    file = model / FOLDER / NAMES_FILE
    names = json.loads(file.read_text())
    (names["input"],) = names.pop("inputs")
    del names["form"]
    file.write_text(json.dumps(names))
    network = open_network(model, default_contract(model))
    np.testing.assert_allclose(call(network, [encode("white")])["probabilities"], [[0, 1]], atol=1e-6)


def test_a_frozen_graph_of_another_contract_is_refused(save: Save) -> None:
    specs = [tf.TensorSpec([None], tf.float32, name=name) for name in ("x", "y")]
    model = save(lambda x, y: {"sum": x + y, "product": x * y}, *specs)
    asked = contract(model, kind="tensors")
    less = asked.model_copy(update={"task": Task(kind="tensors", outputs=asked.task.outputs[:1])})
    assert freeze(model, less) is None
    assert open_network(model, less).outputs == ("product",)
    with pytest.raises(StartupError, match="frozen graph answers product, the contract asks for product, sum"):
        open_network(model, asked)


def test_a_frozen_graph_that_decodes_otherwise_is_refused(save: Save) -> None:
    model = save(brightness, tf.TensorSpec([None, 8, 6, 3], tf.float32, name="image"))
    assert freeze(model, contract(model, kind="image", size=(8, 6), scale="0-1")) is None
    with pytest.raises(StartupError, match="takes another input than the contract says: register the model again"):
        open_network(model, contract(model, kind="image", size=(8, 6)))
