"""The zoo: each model with what its service's file says, and with what is to be found out about it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from config.sections.contract import Input, Task
from steps.registration.contract.findings import Said
from tests.zoo import keras_models, other_exports, tf_modules

Make = Callable[[Path], None]
COLOURS = ("red", "green", "blue")


@dataclass(frozen=True)
class Served:
    """What the contract must say."""

    input: str
    task: str
    output: str | None = None
    """None: any."""
    scale: str = "0-255"
    logits: bool = False
    classes: int | None = None


@dataclass(frozen=True)
class Refused:
    """Where each obstacle is, in their order, and words of the first one's mend."""

    where: tuple[str, ...]
    mend: str
    """Part of the first one's."""


@dataclass(frozen=True)
class Specimen:
    name: str
    make: Make
    outcome: Served | Refused
    said: Said = field(default_factory=Said)
    labels: tuple[str, ...] = ()
    crashes: bool = False
    """It must be looked at in a process of its own."""
    needs: str | None = None
    """A package that the project doesn't depend on."""


def _said(input_: Input | None = None, task: Task | None = None) -> Said:
    return Said(input=input_ or Input(), task=task or Task())


SCALED = Input(scale="0-1")
IMAGES = "input keras_tensor"
"""Keras numbers its inputs."""

SPECIMENS = (
    # Keras 3
    Specimen("softmax", keras_models.softmax, Served("image", "classification", scale="0-1", classes=3), _said(SCALED)),
    Specimen("softmax, labels", keras_models.rescaling, Served("image", "classification", classes=3), labels=COLOURS),
    Specimen(
        "logits",
        keras_models.logits,
        Served("image", "classification", scale="0-1", logits=True, classes=3),
        _said(SCALED, Task(kind="classification", logits=True)),
    ),
    Specimen(
        "multilabel", keras_models.multilabel, Served("image", "multilabel", scale="0-1", classes=3), _said(SCALED)
    ),
    Specimen("rescaling", keras_models.rescaling, Served("image", "classification", classes=3)),
    Specimen(
        "minus one to one",
        keras_models.minus_one_to_one,
        Served("image", "classification", scale="-1-1", classes=3),
        _said(Input(scale="-1-1")),
    ),
    Specimen("free size", keras_models.free_size, Served("image", "classification", classes=3)),
    Specimen("uint8", keras_models.uint8, Served("image", "classification", classes=3)),
    Specimen("greyscale binary", keras_models.greyscale_binary, Served("image", "binary", classes=2)),
    Specimen("min-max", keras_models.min_max, Served("image", "classification", scale="0-1", classes=3), _said(SCALED)),
    Specimen(
        "tabular regression",
        keras_models.tabular_regression,
        Served("tensors", "regression", classes=1),
        _said(task=Task(kind="regression", unit="euros")),
    ),
    Specimen("two inputs", keras_models.two_inputs, Served("tensors", "classification", classes=3)),
    Specimen("keras text", keras_models.text, Served("text", "binary", classes=2)),
    Specimen(
        "two heads, one named",
        keras_models.two_heads,
        Served("image", "classification", "colour", classes=3),
        _said(task=Task(output="colour")),
    ),
    Specimen(
        "two heads, both",
        keras_models.two_heads,
        Served("image", "tensors", "colour"),
        _said(task=Task(kind="tensors")),
    ),
    Specimen("odd names", keras_models.embedding, Served("image", "classification", "0/odd name", classes=3)),
    # tf.Module
    Specimen("jpeg", tf_modules.jpeg, Served("jpeg", "classification", "probabilities", classes=3)),
    Specimen(
        "jpeg regression",
        tf_modules.jpeg_regression,
        Served("jpeg", "regression", classes=1),
        _said(task=Task(kind="regression")),
    ),
    Specimen(
        "other signature",
        tf_modules.other_signature,
        Served("jpeg", "classification", classes=3),
        _said(Input(signature="classify")),
    ),
    Specimen("text", tf_modules.text, Served("text", "classification", classes=2)),
    Specimen(
        "named tensors", tf_modules.named_tensors, Served("tensors", "tensors", "scaled"), _said(task=Task(kind="tensors"))
    ),
    Specimen(
        "sequence",
        tf_modules.sequence,
        Served("tensors", "binary", logits=True, classes=2),
        _said(task=Task(kind="binary")),
    ),
    # Older
    Specimen("TensorFlow 1", other_exports.tensorflow_1, Served("image", "classification", "scores", classes=3)),
    Specimen(
        "legacy Keras", other_exports.legacy_keras, Served("image", "classification", classes=3), needs="tf_keras"
    ),
    # What is still to be said
    Specimen("scale unsaid", keras_models.softmax, Refused((IMAGES,), 'input: {scale: "0-1"}')),
    Specimen("scale and task unsaid", keras_models.logits, Refused((IMAGES, "output output_0"), "input: {scale")),
    Specimen(
        "task unsaid", keras_models.tabular_regression, Refused(("output output_0",), "`task: {kind: regression}`")
    ),
    Specimen(
        "strings untold",
        tf_modules.strings_that_nothing_tells,
        Refused(("input content",), "`input: {kind: text}`"),
    ),
    Specimen("two heads, none named", keras_models.two_heads, Refused(("the outputs",), "`task: {output: colour}`")),
    Specimen("signature unsaid", tf_modules.other_signature, Refused(("input.signature",), "{signature: classify}")),
    # What the service's file says wrongly
    Specimen(
        "output unknown",
        keras_models.rescaling,
        Refused(("task.output",), "Name one of: output_0"),
        _said(task=Task(output="scores")),
    ),
    Specimen(
        "labels too few",
        keras_models.rescaling,
        Refused(("task.labels (names.txt)",), "Write 3 names"),
        _said(task=Task(labels="names.txt")),
        labels=("red", "green"),
    ),
    Specimen(
        "softmax twice",
        keras_models.rescaling,
        Refused(("task.logits",), "Leave task.logits out"),
        _said(task=Task(logits=True)),
    ),
    Specimen(
        "logits as probabilities",
        keras_models.logits,
        Refused(("task.logits",), "logits: true"),
        _said(Input(scale="0-255"), Task(kind="classification", logits=False)),
    ),
    Specimen(
        "uint8 scaled", keras_models.uint8, Refused(("input.scale",), "Leave input.scale out"), _said(SCALED)
    ),
    Specimen(
        "wrong size",
        keras_models.rescaling,
        Refused(("input.size",), "Leave input.size out"),
        _said(Input(size=(32, 32))),
    ),
    Specimen(
        "wrong kinds",
        keras_models.rescaling,
        Refused(("input.kind", "task.kind"), "`input: {kind: image}`"),
        _said(Input(kind="text"), Task(kind="binary")),
    ),
    # What no setting mends
    Specimen("fixed batch", tf_modules.fixed_batch, Refused(("input images",), "tf.TensorSpec([None, 16, 16, 3], tf.uint8)")),
    Specimen("scalar", tf_modules.scalar, Refused(("input training",), "its value fixed inside")),
    Specimen("channels first", tf_modules.channels_first, Refused(("input images",), "tf.transpose(images, [0, 3, 1, 2])")),
    Specimen("examples", tf_modules.examples, Refused(("input content",), "what comes after the parsing")),
    Specimen("file names", tf_modules.file_names, Refused(("input content",), "leave tf.io.read_file out")),
    Specimen("only classes", tf_modules.only_classes, Refused(("the outputs",), "`task: {kind: tensors}`")),
    Specimen("not finite", tf_modules.not_finite, Refused(("output p",), "division by zero")),
    Specimen("one answer a batch", tf_modules.one_answer_a_batch, Refused(("the outputs",), "batch as their first")),
    Specimen("calls Python", tf_modules.calls_python, Refused(("the SavedModel",), "export it anew")),
    Specimen("unknown operation", other_exports.unknown_operation, Refused(("the SavedModel",), "export it anew")),
    Specimen("crash", tf_modules.crash, Refused(("the model",), "in a Python of your own"), crashes=True),
    # What isn't a SavedModel, or not a whole one
    Specimen("no signature", tf_modules.no_signature, Refused(("the SavedModel",), "signatures=module.serve")),
    Specimen("saved, not exported", keras_models.saved_not_exported, Refused(("DIR",), '.export("DIR")')),
    Specimen("weights alone", keras_models.weights_only, Refused(("DIR",), "load_weights")),
    Specimen("checkpoint", other_exports.checkpoint, Refused(("DIR",), "model.export(DIR)")),
    Specimen("no variables", other_exports.without_variables, Refused(("DIR",), "Copy the whole folder")),
    Specimen("truncated variables", other_exports.truncated_variables, Refused(("the SavedModel",), "Copy the whole")),
    Specimen("no saved_model.pb", other_exports.without_saved_model, Refused(("DIR",), "Copy the whole folder")),
    Specimen("damaged", other_exports.damaged, Refused(("saved_model.pb",), "Copy the whole folder")),
    Specimen("a folder too high", other_exports.below, Refused(("DIR",), "Give that folder: DIR/1")),
    Specimen("frozen graph", other_exports.frozen_graph, Refused(("DIR",), "Export the model")),
    Specimen("PyTorch", other_exports.pytorch, Refused(("DIR",), "onnx2tf")),
    Specimen("TensorFlow Lite", other_exports.lite, Refused(("DIR",), "model.export(DIR)")),
)  # fmt: skip
