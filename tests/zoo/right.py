"""Models that can be served, each with validation data that it answers without a mistake."""

from config.sections.contract import Input, Task
from tests.zoo import data, keras_models, other_exports, tf_modules
from tests.zoo.specimen import Served, Specimen, say

SCALED = Input(scale="0-1")

RIGHT = (
    # Keras 3
    Specimen(
        "softmax",
        keras_models.softmax,
        Served("image", "classification", scale="0-1", classes=3),
        say(SCALED),
        data=data.colours,
    ),
    Specimen(
        "softmax, labels",
        keras_models.rescaling,
        Served("image", "classification", classes=3),
        labels=data.COLOURS,
        data=data.named_colours,
    ),
    Specimen(
        "logits",
        keras_models.logits,
        Served("image", "classification", scale="0-1", logits=True, classes=3),
        say(SCALED, Task(kind="classification", logits=True)),
        data=data.colours,
    ),
    Specimen(
        "multilabel",
        keras_models.multilabel,
        Served("image", "multilabel", scale="0-1", classes=3),
        say(SCALED),
        data=data.bright_channels,
    ),
    Specimen(
        "class folders",
        keras_models.rescaling,
        Served("image", "classification", classes=3),
        labels=data.COLOURS,
        data=data.colour_folders,
    ),
    Specimen("rescaling", keras_models.rescaling, Served("image", "classification", classes=3), data=data.colours),
    Specimen(
        "minus one to one",
        keras_models.minus_one_to_one,
        Served("image", "classification", scale="-1-1", classes=3),
        say(Input(scale="-1-1")),
        data=data.dark_to_bright,
    ),
    Specimen("free size", keras_models.free_size, Served("image", "classification", classes=3), data=data.colours),
    Specimen("uint8", keras_models.uint8, Served("image", "classification", classes=3), data=data.colours),
    Specimen(
        "greyscale binary",
        keras_models.greyscale_binary,
        Served("image", "binary", classes=2),
        data=data.dark_or_bright,
    ),
    Specimen("min-max", keras_models.min_max, Served("image", "classification", scale="0-1", classes=3), say(SCALED)),
    Specimen(
        "tabular regression",
        keras_models.tabular_regression,
        Served("tensors", "regression", classes=1),
        say(task=Task(kind="regression", unit="euros")),
        data=data.rows,
    ),
    Specimen(
        "two tables",
        keras_models.two_tables,
        Served("tensors", "regression", classes=1),
        say(task=Task(kind="regression")),
        data=data.houses,
    ),
    Specimen("two inputs", keras_models.two_inputs, Served("tensors", "classification", classes=3)),
    Specimen("keras text", keras_models.text, Served("text", "binary", classes=2), data=data.moods),
    Specimen(
        "two heads, one named",
        keras_models.two_heads,
        Served("image", "classification", "colour", classes=3),
        say(task=Task(output="colour")),
    ),
    Specimen(
        "two heads, both",
        keras_models.two_heads,
        Served("image", "tensors", "colour"),
        say(task=Task(kind="tensors")),
    ),
    Specimen(
        "odd names",
        keras_models.embedding,
        Served("image", "classification", "0/odd name", classes=3),
        data=data.colours,
    ),
    # tf.Module
    Specimen("jpeg", tf_modules.jpeg, Served("jpeg", "classification", "probabilities", classes=3), data=data.colours),
    Specimen(
        "jpeg logits",
        tf_modules.jpeg_logits,
        Served("jpeg", "classification", "scores", logits=True, classes=3),
        say(task=Task(kind="classification", logits=True)),
        data=data.colours,
    ),
    Specimen(
        "jpeg regression",
        tf_modules.jpeg_regression,
        Served("jpeg", "regression", classes=1),
        say(task=Task(kind="regression")),
        data=data.brightnesses,
    ),
    Specimen(
        "other signature",
        tf_modules.other_signature,
        Served("jpeg", "classification", classes=3),
        say(Input(signature="classify")),
        data=data.colours,
    ),
    Specimen("text", tf_modules.text, Served("text", "classification", classes=2), data=data.moods),
    Specimen(
        "named tensors",
        tf_modules.named_tensors,
        Served("tensors", "tensors", "scaled"),
        say(task=Task(kind="tensors")),
        data=data.named,
    ),
    Specimen(
        "sequence",
        tf_modules.sequence,
        Served("tensors", "binary", logits=True, classes=2),
        say(task=Task(kind="binary", logits=True)),
    ),
    # Older
    Specimen(
        "TensorFlow 1",
        other_exports.tensorflow_1,
        Served("image", "classification", "scores", classes=3),
        data=data.colours,
    ),
    Specimen(
        "legacy Keras",
        other_exports.legacy_keras,
        Served("image", "classification", classes=3),
        needs="tf_keras",
        data=data.colours,
    ),
)

RELEASED = ("jpeg", "multilabel", "keras text", "tabular regression", "named tensors")
"""Together they have every kind of input and every kind of task."""
