"""Models that can't be served as they are, and what is no SavedModel; each with the mend."""

from config.sections.contract import Input, Task
from tests.zoo import keras_models, other_exports, tf_modules
from tests.zoo.specimen import Refused, Specimen, say

SCALED = Input(scale="0-1")
IMAGES = "input keras_tensor"
"""Keras numbers its inputs."""

WRONG = (
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
    Specimen(
        "logits unsaid",
        tf_modules.sequence,
        Refused(("output score",), "`task: {kind: binary, logits: true}`"),
        say(task=Task(kind="binary")),
    ),
    Specimen("two heads, none named", keras_models.two_heads, Refused(("the outputs",), "`task: {output: colour}`")),
    Specimen("signature unsaid", tf_modules.other_signature, Refused(("input.signature",), "{signature: classify}")),
    # What the service's file says wrongly
    Specimen(
        "output unknown",
        keras_models.rescaling,
        Refused(("task.output",), "Name one of: output_0"),
        say(task=Task(output="scores")),
    ),
    Specimen(
        "labels too few",
        keras_models.rescaling,
        Refused(("task.labels (names.txt)",), "Write 3 names"),
        say(task=Task(labels="names.txt")),
        labels=("red", "green"),
    ),
    Specimen(
        "softmax twice",
        keras_models.rescaling,
        Refused(("task.logits",), "Leave task.logits out"),
        say(task=Task(logits=True)),
    ),
    Specimen(
        "logits as probabilities",
        keras_models.logits,
        Refused(("task.logits",), "logits: true"),
        say(Input(scale="0-255"), Task(kind="classification", logits=False)),
    ),
    Specimen("uint8 scaled", keras_models.uint8, Refused(("input.scale",), "Leave input.scale out"), say(SCALED)),
    Specimen(
        "wrong size",
        keras_models.rescaling,
        Refused(("input.size",), "Leave input.size out"),
        say(Input(size=(32, 32))),
    ),
    Specimen(
        "wrong kinds",
        keras_models.rescaling,
        Refused(("input.kind", "task.kind"), "`input: {kind: image}`"),
        say(Input(kind="text"), Task(kind="binary")),
    ),
    # What no setting mends
    Specimen("fixed batch", tf_modules.fixed_batch, Refused(("input images",), "tf.TensorSpec([None, 16, 16, 3]")),
    Specimen("batch statistics", tf_modules.batch_statistics, Refused(("the outputs",), "training=False")),
    Specimen(
        "padded texts",
        tf_modules.padded_texts,
        Refused(("the outputs",), "with masks"),
        say(task=Task(kind="regression")),
    ),
    Specimen(
        "no batch",
        tf_modules.no_batch,
        Refused(("input image",), "with a batch before it: tf.TensorSpec([None, 16, 16, 3], tf.uint8)"),
    ),
    Specimen("scalar", tf_modules.scalar, Refused(("input training",), "its value fixed inside")),
    Specimen("channels first", tf_modules.channels_first, Refused(("input images",), "tf.transpose(images")),
    Specimen("examples", tf_modules.examples, Refused(("input content",), "what comes after the parsing")),
    Specimen("file names", tf_modules.file_names, Refused(("input content",), "leave tf.io.read_file out")),
    Specimen("only classes", tf_modules.only_classes, Refused(("the outputs",), "`task: {kind: tensors}`")),
    Specimen("not finite", tf_modules.not_finite, Refused(("the model",), "in a Python of your own")),
    Specimen(
        "one answer a batch",
        tf_modules.one_answer_a_batch,
        Refused(("the outputs",), "docs/your-model.md wraps a SavedModel"),
    ),
    Specimen(
        "calls Python",
        tf_modules.calls_python,
        Refused(("the SavedModel",), "Write that part with TensorFlow's operations"),
    ),
    Specimen(
        "unknown operation",
        other_exports.unknown_operation,
        Refused(("the SavedModel",), "Export the model without it"),
    ),
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
)
