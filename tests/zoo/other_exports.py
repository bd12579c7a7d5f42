"""SavedModels of older TensorFlow, and folders that are none, or not whole."""

import shutil
from pathlib import Path
from typing import Any

import tensorflow as tf

from tests.zoo.keras_models import rescaling, tabular_regression

SIDE = 16  # pixels


def tensorflow_1(folder: Path) -> None:
    """A SavedModel of TensorFlow 1: a graph and a session."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        images = v1.placeholder(tf.uint8, [None, SIDE, SIDE, 3], name="images")
        weights = v1.get_variable("weights", initializer=tf.eye(3) * 10.0, use_resource=False)
        means = tf.reduce_mean(tf.cast(images, tf.float32) / 255, axis=[1, 2])
        scores = tf.nn.softmax(means @ weights, name="scores")
        session.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(session, str(folder), {"images": images}, {"scores": scores})


def frozen_graph(folder: Path) -> None:
    """A graph alone."""
    folder.mkdir(parents=True)
    graph = tf.Graph()
    with graph.as_default():
        tf.compat.v1.placeholder(tf.float32, [None, 3], name="x")
    (folder / "frozen_graph.pb").write_bytes(graph.as_graph_def().SerializeToString())


def legacy_keras(folder: Path) -> None:
    """What Keras 2, tf_keras now, saves as a SavedModel."""
    import tf_keras  # type: ignore[import-not-found]  # no dependency of the project

    layers = tf_keras.layers
    head = layers.Dense(3, activation="softmax")
    model = tf_keras.Sequential(
        [layers.InputLayer((SIDE, SIDE, 3)), layers.Rescaling(1 / 255), layers.GlobalAveragePooling2D(), head]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    head.set_weights([tf.eye(3).numpy() * 10.0, tf.zeros(3).numpy()])
    model.save(str(folder), save_format="tf")


def checkpoint(folder: Path) -> None:
    tf.train.Checkpoint(weights=tf.Variable([1.0])).save(str(folder / "ckpt"))


def without_variables(folder: Path) -> None:
    rescaling(folder)
    shutil.rmtree(folder / "variables")


def truncated_variables(folder: Path) -> None:
    tabular_regression(folder)
    shard = folder / "variables" / "variables.data-00000-of-00001"
    shard.write_bytes(shard.read_bytes()[:10])


def damaged(folder: Path) -> None:
    """Cut off in the middle, as by an upload that ended early."""
    rescaling(folder)
    file = folder / "saved_model.pb"
    file.write_bytes(file.read_bytes()[:-100])


def without_saved_model(folder: Path) -> None:
    rescaling(folder)
    (folder / "saved_model.pb").unlink()


def below(folder: Path) -> None:
    """As TensorFlow Serving wants it: the version's number is a folder."""
    rescaling(folder / "1")


def pytorch(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "model.pt").write_bytes(b"PK")


def lite(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "model.tflite").write_bytes(b"TFL3")


def unknown_operation(folder: Path) -> None:
    """One that only another build of TensorFlow, or a library, has."""
    from tests.zoo.tf_modules import save

    def serve(x: Any) -> dict[str, Any]:
        return {"p": tf.nn.softmax(tf.math.lgamma(x))}

    save(folder, serve, tf.TensorSpec([None, 3], name="x"))
    file = folder / "saved_model.pb"
    file.write_bytes(file.read_bytes().replace(b"Lgamma", b"Lgomma"))
