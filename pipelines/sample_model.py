"""The sample: a small digit classifier trained on the spot, and labelled images that it has never seen.

Nothing is downloaded: scikit-learn ships 1,797 real handwritten digits of 8 x 8 pixels. They are enlarged to JPEGs, and
the network trains on what it will see in service: JPEGs, decoded and resized by the function that is exported.
"""

import csv
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SEED = 20
JPEG_SIDE = 64  # pixels
INPUT_SIDE = 16  # pixels, of the network's own input
EPOCHS = 12
BATCH = 32  # images
LEARNING_RATE = 0.002
HELD_OUT = 0.2  # share of the digits


@dataclass(frozen=True)
class Sample:
    """What was written: `model` is a SavedModel, `validation` a folder with labels.csv and its JPEGs."""

    model: Path
    validation: Path
    images: int
    """Number of held-out images."""

    accuracy: float
    """Of the exported model on them."""


def write_sample(folder: Path) -> Sample:
    """Train, export to `folder`/model, and write the held-out JPEGs to `folder`/validation; both replace older ones.

    `folder`/model appears last and whole, so a folder that has it is complete. The digits, their split and all random
    numbers are the same each time; the last bits of the weights depend on the processor.
    """
    images, labels = _digits()
    train, held_out, train_labels, held_out_labels = train_test_split(
        np.array(images, dtype=object), labels, test_size=HELD_OUT, stratify=labels, random_state=SEED
    )
    network = _train(train, train_labels)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".sample-", dir=folder) as staging:
        model, validation = Path(staging, "model"), Path(staging, "validation")
        accuracy = _export(network, model, held_out, held_out_labels)
        _write_validation(validation, held_out, held_out_labels)
        _replace(folder / "validation", validation)
        _replace(folder / "model", model)
    return Sample(folder / "model", folder / "validation", len(held_out), accuracy)


def _digits() -> tuple[list[bytes], npt.NDArray[np.int64]]:
    """All digits as grey JPEGs with their labels."""
    digits = load_digits()
    pixels = tf.constant(digits.images[..., np.newaxis] * (255 / 16), tf.float32)  # scikit-learn's values are 0-16
    enlarged = tf.image.resize(pixels, (JPEG_SIDE, JPEG_SIDE), method="bicubic")
    whole = tf.cast(tf.clip_by_value(tf.round(enlarged), 0, 255), tf.uint8)
    return [tf.io.encode_jpeg(image, quality=95).numpy() for image in whole], digits.target


def _decode(jpegs: Any) -> Any:
    """Encoded images [batch] to float32 [batch, INPUT_SIDE, INPUT_SIDE, 1] of 0-1, as the graph in service does."""

    def one(jpeg: Any) -> Any:
        pixels = tf.io.decode_jpeg(jpeg, channels=1)
        return tf.image.resize(pixels, (INPUT_SIDE, INPUT_SIDE), antialias=True) / 255

    return tf.map_fn(one, jpegs, fn_output_signature=tf.TensorSpec((INPUT_SIDE, INPUT_SIDE, 1), tf.float32))


def _train(jpegs: Sequence[bytes], labels: npt.NDArray[np.int64]) -> keras.Model:
    keras.utils.set_random_seed(SEED)
    network = keras.Sequential(
        [
            keras.Input((INPUT_SIDE, INPUT_SIDE, 1)),
            keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(64, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    network.compile(keras.optimizers.Adam(LEARNING_RATE), "sparse_categorical_crossentropy")
    inputs = tf.function(_decode)(tf.constant(list(jpegs)))  # outside a graph, map_fn takes seconds
    network.fit(inputs, labels, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    return network


def _export(network: keras.Model, model: Path, jpegs: Sequence[bytes], labels: npt.NDArray[np.int64]) -> float:
    """Save the network behind its decoding; return the saved signature's accuracy on `jpegs`."""

    def serve(jpegs: Any) -> dict[str, Any]:
        probabilities = network(_decode(jpegs), training=False)
        return {"classes": tf.argmax(probabilities, axis=1), "probabilities": probabilities}

    module = tf.Module()
    module.network = network  # the module must own the variables for them to be saved
    module.serve = tf.function(serve, input_signature=[tf.TensorSpec([None], tf.string, name="jpegs")])
    tf.saved_model.save(module, str(model), signatures={"serving_default": module.serve})
    served = tf.saved_model.load(str(model))
    classes = served.signatures["serving_default"](jpegs=tf.constant(list(jpegs)))["classes"].numpy()
    return float((classes == labels).mean())


def _write_validation(folder: Path, jpegs: Sequence[bytes], labels: npt.NDArray[np.int64]) -> None:
    folder.mkdir()
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["file", "label"])
        for number, (jpeg, label) in enumerate(zip(jpegs, labels, strict=True)):
            name = f"digit-{number:04}.jpg"
            (folder / name).write_bytes(jpeg)
            rows.writerow([name, int(label)])


def _replace(target: Path, source: Path) -> None:
    if target.exists():
        shutil.rmtree(target)
    source.rename(target)
