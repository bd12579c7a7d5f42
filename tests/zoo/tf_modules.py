"""SavedModels written by hand with tf.Module, as its users do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import tensorflow as tf

SIDE = 16  # pixels
SHARP = 10.0
SERVE = "serving_default"
WORDS = {"good": 1.0, "great": 2.0, "bad": -1.0, "awful": -2.0}


def save(folder: Path, function: Callable[..., Any], *specs: Any, key: str = SERVE, **owned: Any) -> None:
    """Write `function` of these tensors as one signature; `owned` are the resources that it uses."""
    module = tf.Module()
    for name, resource in owned.items():
        setattr(module, name, resource)
    module.serve = tf.function(function, input_signature=specs)
    tf.saved_model.save(module, str(folder), signatures={key: module.serve})


def _decode(images: Any) -> Any:
    """Encoded images [n] to float32 [n, SIDE, SIDE, 3] of 0-1."""

    def one(image: Any) -> Any:
        return tf.image.resize(tf.io.decode_jpeg(image, channels=3), (SIDE, SIDE)) / 255

    return tf.map_fn(one, images, fn_output_signature=tf.TensorSpec((SIDE, SIDE, 3), tf.float32))


def _channels(images: Any) -> Any:
    """Mean of each channel [n, 3], sharpened."""
    return tf.reduce_mean(images, axis=[1, 2]) * SHARP


STRINGS = tf.TensorSpec([None], tf.string, name="content")


def jpeg(folder: Path) -> None:
    """The form of the project's own sample: three colours."""

    def serve(jpegs: Any) -> dict[str, Any]:
        probabilities = tf.nn.softmax(_channels(_decode(jpegs)))
        return {"probabilities": probabilities, "classes": tf.argmax(probabilities, axis=1)}

    save(folder, serve, tf.TensorSpec([None], tf.string, name="jpegs"))


def jpeg_logits(folder: Path) -> None:
    """Three colours, before the softmax."""
    save(folder, lambda jpegs: {"scores": _channels(_decode(jpegs)) - SHARP / 2}, STRINGS)


def jpeg_regression(folder: Path) -> None:
    """Brightness from 0 to 1."""
    save(folder, lambda content: {"brightness": tf.reduce_mean(_decode(content), axis=[1, 2, 3])}, STRINGS)


def other_signature(folder: Path) -> None:
    save(folder, lambda content: {"p": tf.nn.softmax(_channels(_decode(content)))}, STRINGS, key="classify")


def text(folder: Path) -> None:
    """Good or bad, by the words in it."""
    initializer = tf.lookup.KeyValueTensorInitializer(list(WORDS), list(WORDS.values()))
    table = tf.lookup.StaticHashTable(initializer, default_value=0.0)

    def serve(content: Any) -> dict[str, Any]:
        words = tf.strings.split(tf.strings.lower(content))
        mood = tf.reduce_sum(words.with_values(table.lookup(words.values)), axis=1)
        return {"mood": tf.nn.softmax(tf.stack([-mood, mood], axis=1) * SHARP)}

    save(folder, serve, STRINGS, table=table)


def strings_that_nothing_tells(folder: Path) -> None:
    """Their lengths, of which a graph may make what it likes."""
    save(folder, lambda content: {"p": tf.nn.softmax(tf.one_hot(tf.cast(content == "", tf.int32), 2))}, STRINGS)


def named_tensors(folder: Path) -> None:
    """Two inputs of unlike types, two outputs."""

    def serve(values: Any, count: Any) -> dict[str, Any]:
        return {"scaled": values * tf.cast(count, tf.float32)[:, None], "total": tf.reduce_sum(values, axis=1)}

    save(folder, serve, tf.TensorSpec([None, 3], name="values"), tf.TensorSpec([None], tf.int32, name="count"))


def sequence(folder: Path) -> None:
    """Word numbers of any length to one value: nothing tells that it is a score."""
    variable = tf.Variable(tf.reshape(tf.range(100.0), [100, 1]))
    spec = tf.TensorSpec([None, None], tf.int32, name="words")
    save(folder, lambda words: {"score": tf.reduce_mean(tf.gather(variable, words), axis=1)}, spec, variable=variable)


def calls_python(folder: Path) -> None:
    """A function of Python, which no other process has."""

    def serve(x: Any) -> dict[str, Any]:
        return {"y": tf.ensure_shape(tf.numpy_function(lambda values: values, [x], tf.float32), [None, 3])}

    save(folder, serve, tf.TensorSpec([None, 3], name="x"))


def no_signature(folder: Path) -> None:
    tf.saved_model.save(tf.Module(), str(folder))


def examples(folder: Path) -> None:
    """What estimators export."""

    def serve(content: Any) -> dict[str, Any]:
        parsed = tf.io.parse_example(content, {"x": tf.io.FixedLenFeature([3], tf.float32)})
        return {"p": tf.nn.softmax(parsed["x"])}

    save(folder, serve, STRINGS)


def file_names(folder: Path) -> None:
    save(folder, lambda content: {"p": tf.nn.softmax(_channels(_decode(tf.map_fn(tf.io.read_file, content))))}, STRINGS)


def scalar(folder: Path) -> None:
    """A switch beside the data."""

    def serve(x: Any, training: Any) -> dict[str, Any]:
        return {"p": tf.nn.softmax(tf.where(training, x * 2, x))}

    save(folder, serve, tf.TensorSpec([None, 3], name="x"), tf.TensorSpec([], tf.bool, name="training"))


def fixed_batch(folder: Path) -> None:
    spec = tf.TensorSpec([1, SIDE, SIDE, 3], tf.uint8, name="images")
    save(folder, lambda images: {"p": tf.nn.softmax(_channels(tf.cast(images, tf.float32) / 255))}, spec)


def batch_statistics(folder: Path) -> None:
    """Normalised by the batch, as batch normalisation in training mode is."""

    def serve(images: Any) -> dict[str, Any]:
        means = _channels(tf.cast(images, tf.float32) / 255)
        return {"p": tf.nn.softmax(means - tf.reduce_mean(means, axis=0))}

    save(folder, serve, tf.TensorSpec([None, SIDE, SIDE, 3], tf.uint8, name="images"))


def padded_texts(folder: Path) -> None:
    """The mean of a text's words, those that pad it to the longest of the batch included."""

    def serve(texts: Any) -> dict[str, Any]:
        lengths = tf.strings.length(tf.strings.split(texts).to_tensor("padding"))
        return {"length": tf.reduce_mean(tf.cast(lengths, tf.float32), axis=1)}

    save(folder, serve, tf.TensorSpec([None], tf.string, name="texts"))


def counter(folder: Path) -> None:
    """Its answers tell how often it was asked."""
    count = tf.Variable(0.0)

    def serve(x: Any) -> dict[str, Any]:
        return {"y": tf.reduce_sum(x, axis=1) + count.assign_add(1.0)}

    save(folder, serve, tf.TensorSpec([None, 3], name="x"), count=count)


def no_batch(folder: Path) -> None:
    """One image at a time; scores before the softmax, which nothing tells."""
    spec = tf.TensorSpec([SIDE, SIDE, 3], tf.uint8, name="image")
    save(folder, lambda image: {"p": tf.reduce_mean(tf.cast(image, tf.float32), axis=[0, 1])}, spec)


def channels_first(folder: Path) -> None:
    spec = tf.TensorSpec([None, 3, SIDE, SIDE], name="images")
    save(folder, lambda images: {"p": tf.nn.softmax(tf.reduce_mean(images, axis=[2, 3]))}, spec)


def not_finite(folder: Path) -> None:
    spec = tf.TensorSpec([None, SIDE, SIDE, 3], tf.uint8, name="images")
    save(folder, lambda images: {"p": tf.nn.softmax(_channels(tf.cast(images, tf.float32)) / 0)}, spec)


def one_answer_a_batch(folder: Path) -> None:
    spec = tf.TensorSpec([None, 4], name="x")
    save(folder, lambda x: {"p": tf.nn.softmax(tf.reduce_mean(x, axis=0, keepdims=True))}, spec)


def only_classes(folder: Path) -> None:
    save(folder, lambda content: {"class": tf.argmax(_channels(_decode(content)), axis=1)}, STRINGS)


def crash(folder: Path) -> None:
    """It takes the process down in which it runs."""

    def serve(x: Any) -> dict[str, Any]:
        with tf.control_dependencies([tf.raw_ops.Abort(error_msg="no such GPU")]):
            return {"p": tf.nn.softmax(x)}

    save(folder, serve, tf.TensorSpec([None, 3], name="x"))
