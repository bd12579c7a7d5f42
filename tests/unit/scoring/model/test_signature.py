from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from scoring.contract import Contract, Input, Task, Tensor
from scoring.errors import StartupError
from scoring.model.signature import Signature, default_contract, read_signatures
from tests.unit.scoring.conftest import Save, brightness

STRINGS = tf.TensorSpec([None], tf.string, name="jpegs")
IMAGES = tf.TensorSpec([None, 8, 6, 3], tf.uint8, name="image")


def two(value: Any) -> Any:
    """A distribution over two classes for each of a batch."""
    return tf.ones((tf.shape(value)[0], 2)) / 2


def probabilities(name: str = "probabilities") -> Tensor:
    return Tensor(name=name, dtype="float32", shape=(None, 2))


def test_signatures_are_read_by_their_keys(save: Save) -> None:
    def function(image: Any, scale: Any) -> dict[str, Any]:
        return {"dense/Softmax:0": two(image), "a": tf.ones(3, tf.bool), "output_0": tf.strings.as_string(scale)}

    model = save(function, IMAGES, tf.TensorSpec([None, None], tf.float16, "scale"), key="predict")
    inputs = (
        Tensor(name="image", dtype="uint8", shape=(None, 8, 6, 3)),
        Tensor(name="scale", dtype="float16", shape=(None, None)),
    )
    outputs = (
        Tensor(name="a", dtype="bool", shape=(3,)),
        probabilities("dense/Softmax:0"),
        Tensor(name="output_0", dtype="string", shape=(None, None)),
    )
    assert read_signatures(model) == {"predict": Signature("predict", inputs, outputs)}


def test_a_tensor_of_unknown_rank_has_no_batch_dimension(save: Save) -> None:
    model = save(lambda value: {"same": tf.identity(value)}, tf.TensorSpec(None, tf.int32, "value"))
    (signature,) = read_signatures(model).values()
    assert signature.inputs == (Tensor(name="value", dtype="int32", shape=()),)


def test_no_saved_model(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="holds no SavedModel"):
        read_signatures(tmp_path)


def test_damaged_saved_model(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"no protocol buffer")
    with pytest.raises(StartupError, match=r"saved_model\.pb is damaged"):
        read_signatures(tmp_path)


def test_no_graph_for_serving(tmp_path: Path) -> None:
    found = SavedModel()
    for tags in (["train"], ["gpu", "serve"]):
        found.meta_graphs.add().meta_info_def.tags.extend(tags)
    (tmp_path / "saved_model.pb").write_bytes(found.SerializeToString())
    with pytest.raises(StartupError, match=r"no graph with the tag 'serve' alone \(found: train; gpu, serve\)"):
        read_signatures(tmp_path)


def test_string_input(save: Save) -> None:
    model = save(lambda jpegs: {"classes": tf.strings.length(jpegs), "probabilities": two(jpegs)}, STRINGS)
    classes = Tensor(name="classes", dtype="int32", shape=(None,))
    assert default_contract(model) == Contract(
        signature="serving_default",
        input=Input(kind="jpeg", tensors=(Tensor(name="jpegs", dtype="string", shape=(None,)),)),
        task=Task(kind="classification", outputs=(probabilities(),), label_output=classes),
    )


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float16"])
@pytest.mark.parametrize("channels", [1, 3])
def test_image_input(save: Save, dtype: str, channels: int) -> None:
    model = save(brightness, tf.TensorSpec([None, 8, 6, channels], dtype, name="image"))
    tensor = Tensor(name="image", dtype=dtype, shape=(None, 8, 6, channels))
    contract = default_contract(model)
    assert contract.input == Input(kind="image", tensors=(tensor,), scale="0-255", resize="bilinear", size=(8, 6))
    assert contract.task == Task(kind="classification", outputs=(probabilities(),))


def test_the_only_float_matrix_needs_no_name(save: Save) -> None:
    model = save(lambda jpegs: {"output_0": two(jpegs), "lengths": tf.strings.length(jpegs)}, STRINGS)
    assert default_contract(model).task.outputs == (probabilities("output_0"),)


def test_probabilities_are_chosen_by_name_among_several(save: Save) -> None:
    model = save(lambda jpegs: {"embedding": two(jpegs), "probabilities": two(jpegs)}, STRINGS)
    assert default_contract(model).task.outputs == (probabilities(),)


def test_other_signature_key(save: Save) -> None:
    model = save(lambda jpegs: {"probabilities": two(jpegs)}, STRINGS, key="predict")
    with pytest.raises(StartupError, match=r"no signature 'serving_default' \(found: predict\)"):
        default_contract(model)


def test_two_inputs(save: Save) -> None:
    model = save(lambda jpegs, scale: {"probabilities": two(jpegs)}, STRINGS, tf.TensorSpec([], tf.float32, "scale"))
    with pytest.raises(StartupError, match=r"exactly one input, it has jpegs: string \(None,\), scale: float32 \(\)"):
        default_contract(model)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (tf.TensorSpec([], tf.string, "image"), "open batch dimension"),
        (tf.TensorSpec([1], tf.string, "image"), "open batch dimension"),
        (tf.TensorSpec(None, tf.string, "image"), "open batch dimension"),
        (tf.TensorSpec([None, 2], tf.string, "image"), "must be a string tensor"),
        (tf.TensorSpec([None, 8, 6, 4], tf.uint8, "image"), "1 or 3"),
        (tf.TensorSpec([None, None, None, 3], tf.float32, "image"), "fixed height and width"),
        (tf.TensorSpec([None, 8, 6, 3], tf.int32, "image"), "uint8 or float"),
        (tf.TensorSpec([None, 64], tf.float32, "image"), "must be a string tensor"),
    ],
)
def test_unusable_inputs(save: Save, spec: Any, message: str) -> None:
    model = save(lambda image: {"probabilities": two(tf.reshape(image, [-1, 1]))}, spec)
    with pytest.raises(StartupError, match=message):
        default_contract(model)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda image: {"a": two(image), "b": two(image)}, r"One float output .* a: float32 \(None, 2\), b: float32"),
        (lambda image: {"classes": tf.zeros(tf.shape(image)[0], tf.int64)}, "One float output"),
        (lambda image: {"probabilities": two(image), "classes": two(image)}, "'classes' must be one integer"),
    ],
)
def test_unusable_outputs(save: Save, function: Callable[..., dict[str, Any]], message: str) -> None:
    with pytest.raises(StartupError, match=message):
        default_contract(save(function, IMAGES))
