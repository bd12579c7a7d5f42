from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.client.session import BaseSession
from tensorflow.python.grappler import tf_optimizer

from pipelines.sample_model import Sample
from scoring.errors import StartupError
from scoring.model.frozen_graph import FOLDER, GRAPH_FILE, freeze, has_frozen_graph
from scoring.model.network import Network, open_network
from scoring.model.signature import default_contract
from scoring.scorer import Scorer
from scoring.settings import ServiceSettings
from steps.registration.saved_model import FROZEN_FOLDER
from steps.validation.samples.loading import load
from tests.unit.scoring.conftest import Save, brightness, classify, encode


def frozen_network(model: Path, *, own_thread: bool = False) -> Network:
    assert has_frozen_graph(model)
    return open_network(model, default_contract(model), own_thread=own_thread)


def exported_network(model: Path) -> Network:
    return open_network(model, default_contract(model), frozen=False)


def operations(model: Path) -> set[str]:
    graph = tf.compat.v1.GraphDef.FromString((model / FOLDER / GRAPH_FILE).read_bytes())
    return {node.op for node in graph.node}


def test_folder_is_the_one_that_the_content_hash_leaves_out() -> None:
    assert FOLDER == FROZEN_FOLDER


def test_frozen_graph_answers_as_the_saved_model(sample: Sample, sample_model_dir: Path) -> None:
    images = [digit.body for digit in load(sample.validation, None, 40)]
    network = frozen_network(sample_model_dir / "model")
    for original, frozen in zip(exported_network(sample.model).call([images]), network.call([images]), strict=True):
        np.testing.assert_allclose(original, frozen, atol=1e-5)


def test_frozen_graph_holds_no_variable(sample_model_dir: Path) -> None:
    found = operations(sample_model_dir / "model")
    assert "Conv2D" in found
    assert not found & {"VarHandleOp", "ReadVariableOp", "StatefulPartitionedCall"}


def noise(count: int) -> list[bytes]:
    chance = np.random.default_rng(7)
    pixels = chance.integers(0, 256, (count, 8, 6, 3), np.uint8)
    return [tf.io.encode_png(image).numpy() for image in pixels]


def assert_answers_are_kept(model: Path) -> None:
    images = noise(5)
    frozen = frozen_network(model)
    for one, other in zip(exported_network(model).call([images]), frozen.call([images]), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize(
    "convolution",
    [
        lambda: keras.layers.Conv2D(4, 3),
        lambda: keras.layers.Conv2D(4, 3, use_bias=False),
        lambda: keras.layers.DepthwiseConv2D(3),
        lambda: keras.layers.DepthwiseConv2D(3, depth_multiplier=2, use_bias=False),
    ],
)
def test_a_batch_normalisation_is_folded_into_the_convolution(
    tmp_path: Path, convolution: Callable[[], keras.Layer]
) -> None:
    normalisation, layers = keras.layers.BatchNormalization(), keras.layers
    image = layers.Input((8, 6, 3), dtype="uint8", name="image")
    features = layers.ReLU()(normalisation(convolution()(layers.Rescaling(1)(image))))
    model = keras.Model(image, layers.Softmax()(layers.GlobalAveragePooling2D()(features)))
    chance = np.random.default_rng(7)
    model.set_weights([chance.uniform(0.1, 0.9, weight.shape) for weight in model.get_weights()])
    model.export(tmp_path, verbose=False)
    assert freeze(tmp_path, default_contract(tmp_path)) is None
    assert not operations(tmp_path) & {"Mul", "Sub", "FusedBatchNormV3"}
    assert_answers_are_kept(tmp_path)


def test_a_convolution_in_a_loop_stays_in_it(save: Save) -> None:
    weights = tf.random.stateless_normal([3, 3, 3, 2], (7, 7)) / 100

    def one(image: Any) -> Any:
        features = tf.nn.conv2d(image[None], weights.numpy(), 1, "VALID") + np.array([1, 2], np.float32)
        return tf.nn.softmax(tf.reduce_mean(features * np.array([0.5, -2], np.float32), [0, 1, 2]))

    def each(images: Any) -> dict[str, Any]:
        found = tf.map_fn(one, tf.cast(images, tf.float32), fn_output_signature=tf.TensorSpec([2]))
        return {"probabilities": found}

    model = save(each, tf.TensorSpec([None, 8, 6, 3], tf.uint8, name="image"))
    assert freeze(model, default_contract(model)) is None
    assert "Mul" not in operations(model)
    assert_answers_are_kept(model)


def test_the_thread_that_computes_changes_no_answer(sample: Sample, sample_model_dir: Path) -> None:
    images = [digit.body for digit in load(sample.validation, None, 12)]
    batches = [images[:7], images[7:]]
    pooled = frozen_network(sample_model_dir / "model", own_thread=False)
    own = frozen_network(sample_model_dir / "model", own_thread=True)
    expected = [pooled.call([batch]) for batch in batches]
    together = Barrier(2, timeout=60)

    def call(batch: list[bytes]) -> list[Any]:
        together.wait()
        return [*own.call([batch])]

    with ThreadPoolExecutor(2) as pool:
        at_once = [*pool.map(call, batches)]
    for found in ([own.call([batch]) for batch in batches], at_once):
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one[-1], other[-1], atol=1e-6)


@pytest.mark.parametrize("own_thread", [False, True])
def test_several_images_are_left_to_the_pool_unless_the_callers_keep_the_cores_busy(
    sample_model_dir: Path, monkeypatch: pytest.MonkeyPatch, own_thread: bool
) -> None:
    asked: list[bool] = []

    def run(_self: Any, options: Any, *_rest: Any) -> list[Any]:
        asked.append(options is not None)
        return []

    network = frozen_network(sample_model_dir / "model", own_thread=own_thread)
    monkeypatch.setattr(BaseSession, "_call_tf_sessionrun", run)
    network.call([[b"one"]])
    network.call([[b"one", b"two"]])
    assert asked == [True, own_thread]


def test_the_saved_model_itself_stays_loadable(sample: Sample, sample_model_dir: Path) -> None:
    assert not has_frozen_graph(sample.model)
    assert has_frozen_graph(sample_model_dir / "model")
    assert tf.saved_model.load(str(sample_model_dir / "model")).signatures["serving_default"]


@pytest.mark.parametrize("image_format", ["JPEG", "PNG"])
def test_decoding_for_an_image_input_is_frozen_with_it(save: Save, image_format: str) -> None:
    model = save(brightness, tf.TensorSpec([None, 8, 6, 3], tf.uint8, name="image"))
    assert freeze(model, default_contract(model)) is None
    dark, bright = classify(Scorer(model), [encode("black", image_format), encode("white", image_format)])
    assert (dark.label, bright.label) == (0, 1)


def test_string_labels(save: Save) -> None:
    def named(image: Any) -> dict[str, Any]:
        outputs = brightness(image)
        return {**outputs, "classes": tf.gather(tf.constant(["dark", "größe"]), tf.argmax(outputs["probabilities"], 1))}

    model = save(named, tf.TensorSpec([None, 8, 6, 3], tf.uint8, name="image"))
    assert freeze(model, default_contract(model)) is None
    assert [answer.label for answer in classify(Scorer(model), [encode("white")])] == ["größe"]


def test_lookup_tables_can_not_be_frozen_and_are_served_all_the_same(tmp_path: Path) -> None:
    class Named(tf.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            keys, values = tf.constant([0, 1], tf.int64), tf.constant(["dark", "bright"])
            self.table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, values), "?")

        @tf.function(input_signature=[tf.TensorSpec([None, 8, 6, 3], tf.uint8, name="image")])  # type: ignore[untyped-decorator]
        def serve(self, image: Any) -> dict[str, Any]:
            outputs = brightness(image)
            return {**outputs, "classes": self.table.lookup(tf.argmax(outputs["probabilities"], 1))}

    module = Named()
    tf.saved_model.save(module, str(tmp_path), signatures={"serving_default": module.serve})
    assert "lookup tables" in str(freeze(tmp_path, default_contract(tmp_path)))
    assert not has_frozen_graph(tmp_path)
    scorer = Scorer(tmp_path, settings=ServiceSettings(precision="auto"))
    assert [answer.label for answer in classify(scorer, [encode("white")])] == ["bright"]
    with pytest.raises(StartupError, match="needs the frozen graph"):
        Scorer(tmp_path, settings=ServiceSettings(precision="bfloat16"))


@pytest.mark.parametrize("damage", [b"", b"not a graph"])
def test_damaged_file(save: Save, damage: bytes) -> None:
    model = save(brightness, tf.TensorSpec([None, 8, 6, 3], tf.uint8, name="image"))
    freeze(model, default_contract(model))
    (model / FOLDER / GRAPH_FILE).write_bytes(damage)
    with pytest.raises(StartupError, match=r"frozen graph in .* can't be loaded"):
        Scorer(model)


def test_a_graph_over_the_size_of_a_file_is_left_alone(save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    model = save(brightness, tf.TensorSpec([None, 8, 6, 3], tf.uint8, name="image"))
    monkeypatch.setattr("scoring.model.frozen_graph.MAX_BYTES", 100)
    assert "more than 2 GB" in str(freeze(model, default_contract(model)))
    assert not has_frozen_graph(model)


def test_whatever_the_optimiser_raises_the_model_is_served_as_it_is(
    save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no such kernel\nat node 3")

    model = save(brightness, tf.TensorSpec([None, 8, 6, 3], tf.uint8, name="image"))
    monkeypatch.setattr(tf_optimizer, "OptimizeGraph", fail)
    assert freeze(model, default_contract(model)) == "TensorFlow can't freeze it: no such kernel"
    assert not has_frozen_graph(model)
