import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from scoring.contract import Contract, Input, InputKind, Task
from scoring.errors import StartupError
from scoring.model import saved_model
from scoring.model.frozen_graph import freeze
from scoring.model.graph import session_config
from scoring.model.network import open_network
from scoring.model.saved_model import load_saved_model
from scoring.model.signature import read_signatures
from tests.unit.scoring.conftest import Save

NUMBERS = tf.TensorSpec([None, 2], tf.float32, name="numbers")
ONES = np.ones((3, 2), np.float32)


def contract(model: Path, key: str = "serving_default", kind: InputKind = "tensors") -> Contract:
    """Of all that the signature takes and gives."""
    signature = read_signatures(model)[key]
    outputs = Task(kind="tensors", outputs=signature.outputs)
    return Contract(signature=key, input=Input(kind=kind, tensors=signature.inputs), task=outputs)


def answer(model: Path, *columns: Any, kind: InputKind = "tensors", **options: Any) -> dict[str, npt.NDArray[Any]]:
    """What the model answers by itself and, if it can be, frozen: the same."""
    asked = contract(model, kind=kind, **options)
    network = open_network(model, asked, frozen=False)
    found = dict(zip(network.outputs, network.call(columns), strict=True))
    if freeze(model, asked) is None:
        for name, array in zip(network.outputs, open_network(model, asked).call(columns), strict=True):
            np.testing.assert_array_equal(array, found[name])
    return found


def edit(model: Path, change: Callable[[Any], None]) -> None:
    """Change the only graph in saved_model.pb."""
    file = model / "saved_model.pb"
    found = SavedModel.FromString(file.read_bytes())
    change(found.meta_graphs[0])
    file.write_bytes(found.SerializeToString())


def export_1(model: Path, *, resource: bool) -> None:
    """A SavedModel as TensorFlow 1 wrote it: no objects, a lookup table, variables of either kind."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        numbers = tf.compat.v1.placeholder(tf.float32, [None, 2], name="numbers")
        weights = tf.compat.v1.get_variable("weights", initializer=tf.eye(2), use_resource=resource)
        keys, values = tf.constant([0, 1], tf.int64), tf.constant(["first", "second"])
        table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, values), "?")
        scores = tf.nn.softmax(numbers @ weights, name="scores")
        labels = table.lookup(tf.argmax(scores, 1))
        session.run([tf.compat.v1.global_variables_initializer(), tf.compat.v1.tables_initializer()])
        builder = tf.compat.v1.saved_model.Builder(str(model))
        signatures = {
            key: tf.compat.v1.saved_model.predict_signature_def({"numbers": numbers}, outputs)
            for key, outputs in {"scores": {"scores:0": scores}, "labels": {"labels": labels}}.items()
        }
        initialise = tf.compat.v1.tables_initializer()
        builder.add_meta_graph_and_variables(session, ["serve"], signatures, main_op=initialise)
        builder.save()


@pytest.mark.parametrize("resource", [False, True])
def test_a_model_of_tensorflow_1(tmp_path: Path, resource: bool) -> None:
    export_1(tmp_path / "model", resource=resource)
    numbers = np.array([[1, 0], [0, 1]], np.float32)
    found = answer(tmp_path / "model", numbers, key="scores")["scores:0"]
    np.testing.assert_allclose(found, tf.nn.softmax(numbers).numpy(), rtol=1e-6)
    found = answer(tmp_path / "model", numbers, key="labels")["labels"]
    assert found.tolist() == [b"first", b"second"]


class Trained(tf.Module):  # type: ignore[misc]
    """With an optimiser as Keras 2 kept it, which no longer is one when it is loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.optimizer = tf.Module()
        self.weights = tf.Variable([2.0, 3.0], name="weights")
        self.optimizer.momentum = tf.Variable([0.0, 0.0], name="momentum")

    @tf.function(input_signature=[NUMBERS])  # type: ignore[untyped-decorator]
    def serve(self, numbers: Any) -> dict[str, Any]:
        return {"products": numbers * self.weights}


def add_slot(graph: Any) -> None:
    children = [{child.local_name: child.node_id for child in node.children} for node in graph.object_graph_def.nodes]
    optimizer = children[0]["optimizer"]
    graph.object_graph_def.nodes[optimizer].slot_variables.add(
        original_variable_node_id=children[0]["weights"],
        slot_name="momentum",
        slot_variable_node_id=children[optimizer]["momentum"],
    )


def test_a_model_with_the_optimiser_of_an_old_keras(tmp_path: Path) -> None:
    module = Trained()
    tf.saved_model.save(module, str(tmp_path), signatures={"serving_default": module.serve})
    edit(tmp_path, add_slot)
    with pytest.raises(AttributeError, match="'_UserObject' object has no attribute 'add_slot'"):
        tf.saved_model.load(str(tmp_path))
    assert answer(tmp_path, ONES)["products"].tolist() == [[2, 3]] * 3
    assert freeze(tmp_path, contract(tmp_path)) is None


def test_models_beside_each_other_keep_their_variables(tmp_path: Path) -> None:
    for name, change in {"revived": lambda _: None, "imported": add_slot}.items():
        for factor in (1.0, 10.0):
            module = Trained()
            module.weights.assign([factor, factor])
            model = tmp_path / f"{name}{factor}"
            tf.saved_model.save(module, str(model), signatures={"serving_default": module.serve})
            edit(model, change)
        networks = {
            factor: open_network(tmp_path / f"{name}{factor}", contract(tmp_path / f"{name}{factor}"))
            for factor in (1.0, 10.0)
        }
        assert {factor: float(network.call([ONES])[0][0, 0]) for factor, network in networks.items()} == {1: 1, 10: 10}


def test_variables_that_keras_wraps(tmp_path: Path) -> None:
    module = tf.Module()
    module.model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    module.serve = tf.function(lambda numbers: {"sum": module.model(numbers)}, input_signature=[NUMBERS])
    tf.saved_model.save(module, str(tmp_path), signatures={"serving_default": module.serve})
    np.testing.assert_allclose(answer(tmp_path, ONES)["sum"], module.model(ONES), rtol=1e-6)


def test_a_text_model_of_keras(tmp_path: Path) -> None:
    vectorization = keras.layers.TextVectorization(output_mode="multi_hot")
    vectorization.adapt(["good film", "bad film"])
    layers = [keras.layers.Input((1,), dtype="string"), vectorization, keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.export(tmp_path, verbose=False)
    (found,) = answer(tmp_path, [b"good", b"a bad film"], kind="text").values()
    np.testing.assert_allclose(found, model(tf.constant([["good"], ["a bad film"]])), rtol=1e-5)


def test_a_model_that_counts_its_calls(save: Save) -> None:
    calls = tf.Variable(0.0)

    def counted(numbers: Any) -> dict[str, Any]:
        return {"calls": numbers[:, 0] + calls.assign_add(1)}

    model = save(counted, NUMBERS, calls=calls)
    assert "can't freeze" in str(freeze(model, contract(model)))
    network = open_network(model, contract(model))
    assert [network.call([ONES])[0][0] for _ in range(3)] == [2, 3, 4]


def test_python_code_is_not_in_a_saved_model(save: Save) -> None:
    def doubled(numbers: Any) -> dict[str, Any]:
        inner = tf.function(lambda value: tf.numpy_function(lambda array: 2 * array, [value], tf.float32))
        return {"doubled": inner(numbers)}

    model = save(doubled, NUMBERS)
    with pytest.raises(StartupError, match=r"calls Python code \(tf.py_function or tf.numpy_function\)"):
        open_network(model, contract(model))


@pytest.mark.parametrize(("write", "named"), [(tf.io.write_file, "WriteFile"), (None, "PrintV2")])
def test_a_model_that_writes_files_is_never_asked(write: Any, named: str, save: Save, tmp_path: Path) -> None:
    file = tmp_path / "written"

    def noted(numbers: Any) -> dict[str, Any]:
        note = write(str(file), "asked") if write else tf.print("asked", output_stream=f"file://{file}")
        with tf.control_dependencies([note] if note is not None else []):
            return {"doubled": 2 * numbers}

    model = save(noted, NUMBERS)
    file.unlink(missing_ok=True)  # written while it was traced
    with pytest.raises(StartupError, match=rf"writes files when it is asked \({named}\)"):
        open_network(model, contract(model))
    assert not file.exists()


def test_an_operation_of_another_package(save: Save) -> None:
    model = save(lambda numbers: {"found": tf.nn.softplus(numbers)}, NUMBERS)
    file = model / "saved_model.pb"
    file.write_bytes(file.read_bytes().replace(b"Softplus", b"Sentence"))
    with pytest.raises(StartupError, match="needs the operation Sentence, which TensorFlow itself doesn't have"):
        open_network(model, contract(model))


def test_a_ragged_output(save: Save) -> None:
    model = save(lambda numbers: {"rows": tf.RaggedTensor.from_tensor(numbers)}, NUMBERS)
    with pytest.raises(StartupError, match="'rows' is a sparse or ragged tensor"):
        open_network(model, contract(model))


def test_variables_that_were_left_behind(save: Save) -> None:
    model = save(lambda numbers: {"same": tf.identity(numbers)}, NUMBERS)
    shutil.rmtree(model / "variables")
    with pytest.raises(StartupError, match=r"lacks variables/variables\.index: give the whole folder"):
        open_network(model, contract(model))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"signature": "predict"}, r"no signature 'predict' \(found: .*serving_default\)"),
        ({"input": {"name": "pixels"}}, r"no input 'pixels' \(found: numbers\)"),
        ({"input": {"dtype": "int32"}}, "'numbers' is float32, the contract says int32"),
        ({"input": {"shape": (None, 3)}}, r"'numbers' has the shape \[None, 2\], the contract says \[None, 3\]"),
        ({"output": {"shape": (None,)}}, r"'same' has the shape \[None, 2\], the contract says \[None\]"),
        ({"output": {"name": "scores"}}, r"no output 'scores' \(found: same\)"),
    ],
)
def test_a_contract_of_another_model(save: Save, change: dict[str, Any], message: str) -> None:
    model = save(lambda numbers: {"same": tf.identity(numbers)}, NUMBERS)
    own = contract(model)
    tensor = own.input.tensors[0].model_copy(update=change.get("input", {}))
    output = own.task.outputs[0].model_copy(update=change.get("output", {}))
    other = Contract(
        signature=change.get("signature", own.signature),
        input=Input(kind="tensors", tensors=(tensor,)),
        task=Task(kind="tensors", outputs=(output,)),
    )
    with pytest.raises(StartupError, match=message):
        open_network(model, other)


def test_a_contract_that_leaves_an_input_out(save: Save) -> None:
    model = save(
        lambda numbers, others: {"sum": numbers + others}, NUMBERS, tf.TensorSpec([None, 2], tf.float32, name="others")
    )
    own = contract(model)
    less = own.model_copy(update={"input": Input(kind="tensors", tensors=own.input.tensors[:1])})
    with pytest.raises(StartupError, match="leaves out inputs of 'serving_default': others"):
        open_network(model, less)


def test_the_device_is_the_one_behind_what_is_handed_on(save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_model, "is_pinned", lambda _graph: False)  # a second CPU stands for a GPU

    def second(numbers: Any) -> dict[str, Any]:
        with tf.device("CPU:1"):
            doubled = tf.nn.relu(numbers) * 2
        with tf.device("CPU:0"):
            return {"doubled": tf.identity(tf.identity(doubled))}

    model = save(second, NUMBERS)
    config = session_config()
    config.device_count["CPU"] = 2
    assert load_saved_model(model, contract(model), config).device([ONES]) == "CPU:1"
