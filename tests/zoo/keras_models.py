"""Keras 3 models, exported as its users do; their weights are set, not trained, to suit tests.zoo.images."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

SIDE = 16  # pixels
SHARP = 10.0  # by how much the network's scores exceed the channels' means, of values 0-1


def softmax(folder: Path) -> None:
    """Float images of values 0-1, three colours."""
    _export(_colours("softmax"), folder)


def logits(folder: Path) -> None:
    _export(_colours(None), folder)


def multilabel(folder: Path) -> None:
    """Which of the three channels are bright."""
    _export(_colours("sigmoid", bias=-SHARP / 2), folder)


def rescaling(folder: Path) -> None:
    """The model itself divides by 255."""
    _export(_colours("softmax", before=[keras.layers.Rescaling(1 / 255)]), folder)


def minus_one_to_one(folder: Path) -> None:
    """Float images of values -1 to 1: dark, middling or bright. Of another scale, most answers are wrong."""
    head = keras.layers.Dense(3, activation="softmax")
    model = keras.Sequential([keras.Input((SIDE, SIDE, 1)), keras.layers.GlobalAveragePooling2D(), head])
    head.set_weights([np.array([[-SHARP, 0, SHARP]]), np.array([-SHARP, 0, -SHARP]) * 0.35])
    _export(model, folder)


def free_size(folder: Path) -> None:
    _export(_colours("softmax", shape=(None, None, 3), before=[keras.layers.Rescaling(1 / 255)]), folder)


def uint8(folder: Path) -> None:
    image = keras.Input((SIDE, SIDE, 3), dtype="uint8")
    scaled = keras.layers.Rescaling(1 / 255)(image)
    _export(keras.Model(image, _dense(3, "softmax")(keras.layers.GlobalAveragePooling2D()(scaled))), folder)


def greyscale_binary(folder: Path) -> None:
    """Dark or bright."""
    layers = [keras.layers.Rescaling(1 / 255), keras.layers.GlobalAveragePooling2D()]
    head = keras.layers.Dense(1, activation="sigmoid")
    model = keras.Sequential([keras.Input((SIDE, SIDE, 1)), *layers, head])
    head.set_weights([np.full((1, 1), SHARP), np.full(1, -SHARP / 2)])
    _export(model, folder)


def min_max(folder: Path) -> None:
    """Every image is stretched to its own darkest and brightest: a flat one divides by zero."""

    def stretch(images: Any) -> Any:
        low = keras.ops.min(images, axis=(1, 2, 3), keepdims=True)
        return (images - low) / (keras.ops.max(images, axis=(1, 2, 3), keepdims=True) - low)

    image = keras.Input((SIDE, SIDE, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.Lambda(stretch)(image))
    _export(keras.Model(image, _dense(3, "softmax")(pooled)), folder)


def tabular_regression(folder: Path) -> None:
    """Four numbers to 1x1 + 2x2 + 3x3 + 4x4."""
    head = keras.layers.Dense(1)
    model = keras.Sequential([keras.Input((4,)), head])
    head.set_weights([np.arange(1.0, 5.0)[:, None], np.zeros(1)])
    _export(model, folder)


def two_tables(folder: Path) -> None:
    """The price of a house, by its rooms and its area and age: 10 a room, 2 a square metre, less 1 a year."""
    rooms, place = keras.Input((1,), name="rooms"), keras.Input((2,), name="place")
    head = keras.layers.Dense(1)
    model = keras.Model([rooms, place], head(keras.layers.Concatenate()([rooms, place])))
    head.set_weights([np.array([[10.0], [2.0], [-1.0]]), np.zeros(1)])
    _export(model, folder)


def two_inputs(folder: Path) -> None:
    """A picture's numbers and a row of facts, three classes."""
    image, facts = keras.Input((SIDE, SIDE, 3), name="image"), keras.Input((2,), name="facts")
    joined = keras.layers.Concatenate()([keras.layers.GlobalAveragePooling2D()(image), facts])
    _export(keras.Model([image, facts], keras.layers.Dense(3, activation="softmax")(joined)), folder)


def text(folder: Path) -> None:
    """Texts [None, 1], as Keras' TextVectorization takes them: good or bad, by the words in it."""
    words = keras.layers.TextVectorization(output_mode="multi_hot", vocabulary=["good", "great", "bad", "awful"])
    head = keras.layers.Dense(1, activation="sigmoid")
    model = keras.Sequential([keras.Input((1,), dtype="string"), words, head])
    head.set_weights([np.array([[0.0], [SHARP], [SHARP], [-SHARP], [-SHARP]]), np.zeros(1)])  # the first: unknown words
    _export(model, folder)


def two_heads(folder: Path) -> None:
    """Two outputs that could both be the answer."""
    image = keras.Input((SIDE, SIDE, 3))
    scaled = keras.layers.Rescaling(1 / 255)(image)
    pooled = keras.layers.GlobalAveragePooling2D()(scaled)
    heads = {"colour": _dense(3, "softmax")(pooled), "shape": keras.layers.Dense(2, activation="softmax")(pooled)}
    _export(keras.Model(image, heads), folder)


def embedding(folder: Path) -> None:
    """A classifier that also returns what it is made from."""
    image = keras.Input((SIDE, SIDE, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1 / 255)(image))
    _export(keras.Model(image, {"Ünder: 1": pooled, "0/odd name": _dense(3, "softmax")(pooled)}), folder)


def saved_not_exported(folder: Path) -> None:
    """What `model.save("model.keras")` leaves."""
    folder.mkdir(parents=True)
    _colours("softmax").save(folder / "model.keras")


def weights_only(folder: Path) -> None:
    folder.mkdir(parents=True)
    _colours("softmax").save_weights(folder / "model.weights.h5")


def _colours(
    activation: str | None,
    shape: tuple[int | None, ...] = (SIDE, SIDE, 3),
    before: list[keras.layers.Layer] | None = None,
    bias: float = 0.0,
) -> keras.Model:
    """The brightest channel is the class."""
    image = keras.Input(shape)
    values = image
    for layer in before or ():
        values = layer(values)
    return keras.Model(image, _dense(3, activation, bias)(keras.layers.GlobalAveragePooling2D()(values)))


def _dense(size: int, activation: str | None, bias: float = 0.0) -> Any:
    """Multiplies each of `size` values by SHARP."""
    layer = keras.layers.Dense(size, activation=activation)
    layer.build((None, size))
    layer.set_weights([np.eye(size) * SHARP, np.full(size, bias)])
    return layer


def _export(model: keras.Model, folder: Path) -> None:
    model.export(str(folder), verbose=False)
