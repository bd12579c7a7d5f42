"""Infers what a request carries."""

from collections.abc import Sequence

from config.sections.contract import Input as Wish
from scoring.contract import Input, InputKind, Tensor
from steps.registration.contract.findings import ScaleFit, Signature
from steps.registration.contract.graph.hints import Hints
from steps.registration.contract.inference.notes import Notes, describe, list_text, shape_text
from steps.registration.contract.inference.pixels import infer_image, is_image

IMAGE_RANK = 4
AS_TENSORS = "write `input: {kind: tensors}` into the service's file"
WRAP = "docs/your-model.md wraps a SavedModel that can't be exported anew."
STRINGS = (
    "Write into the service's file what the strings are: `input: {kind: jpeg}` for encoded images, "
    "`input: {kind: text}` for texts, `input: {kind: tensors}` for anything else."
)


def infer_input(
    signature: Signature, hints: Hints, wish: Wish, notes: Notes, fits: Sequence[ScaleFit] = ()
) -> Input | None:
    """The input, complete enough to run the model once even where `notes` gets an obstacle; else None.

    `fits` says, the best first, how well it answered validation data with its images scaled one way or another.
    """
    if not signature.inputs:
        notes.stop(
            "The signature takes no input.",
            f"signature {signature.key}",
            "Export one that takes a batch: tf.function(serve, input_signature=[tf.TensorSpec([None, …])]).",
        )
    unfit = [tensor for tensor in signature.inputs if not _takes_batches(tensor, hints, notes)]
    if unfit or not signature.inputs:
        return None
    kind = _kind(signature.inputs, hints, wish, notes)
    if kind == "image":
        return infer_image(signature.inputs[0], hints, wish, notes, fits)
    if kind is not None and (wish.scale or wish.size):
        notes.warnings.append(f"input.scale and input.size are for kind image: {kind} leaves them out.")
    return kind and Input(kind=kind, tensors=signature.inputs)


def _takes_batches(tensor: Tensor, hints: Hints, notes: Notes) -> bool:
    where = f"input {tensor.name}"
    if tensor.name in hints.ranks_unknown:
        notes.stop(
            "Its shape isn't known, not even the number of dimensions.",
            where,
            f"Export it with its shape, the batch first: tf.TensorSpec([None, …], tf.{tensor.dtype}).",
        )
    elif not tensor.shape:
        notes.stop(
            f"It is a scalar ({tensor.dtype}), which has no batch dimension.",
            where,
            f"Export a function without it, its value fixed inside, or one that takes tf.TensorSpec([None], "
            f"tf.{tensor.dtype}), one value a sample.",
        )
    elif tensor.shape[0] is not None:
        _refuse_fixed(tensor, where, notes)
    else:
        return True
    return False


def _refuse_fixed(tensor: Tensor, where: str, notes: Notes) -> None:
    """A one is a batch's; any other size may as well be of the sample, in a signature that takes no batch at all."""
    first, rest = tensor.shape[0], tensor.shape[1:]
    mend = f"Export it with a free one: {_spec(tensor, rest)}, or in Keras keras.Input(shape={rest}) without batch_size"
    if first != 1:
        mend = (
            f"If that is the batch, export it with a free one: {_spec(tensor, rest)}. If it belongs to each sample, "
            f"export it with a batch before it: {_spec(tensor, tensor.shape)}"
        )
    notes.stop(
        f"Its {'batch' if first == 1 else 'first'} dimension is fixed to {first}; requests are answered in batches of "
        "any size.",
        where,
        f"{mend}. {WRAP}",
    )


def _spec(tensor: Tensor, row: tuple[int | None, ...]) -> str:
    return f"tf.TensorSpec([{', '.join(map(str, (None, *row)))}], tf.{tensor.dtype})"


def _kind(tensors: tuple[Tensor, ...], hints: Hints, wish: Wish, notes: Notes) -> InputKind | None:
    if len(tensors) > 1:
        return _several(tensors, wish, notes)
    (tensor,) = tensors
    return _of_strings(tensor, hints, wish, notes) if tensor.dtype == "string" else _of_numbers(tensor, wish, notes)


def _several(tensors: tuple[Tensor, ...], wish: Wish, notes: Notes) -> InputKind | None:
    if wish.kind not in (None, "tensors"):
        notes.stop(
            f"input.kind is {wish.kind}, but the signature has {len(tensors)} inputs: {list_text(tensors)}.",
            "input.kind",
            f"Several inputs are tensors: {AS_TENSORS}, or export a signature that takes one.",
        )
        return None
    notes.know("input.kind", "tensors", "said in input.kind" if wish.kind else f"it has {len(tensors)} inputs")
    return "tensors"


def _of_strings(tensor: Tensor, hints: Hints, wish: Wish, notes: Notes) -> InputKind | None:
    hint, operation = hints.strings.get(tensor.name, (None, ""))
    if hint == "file" or (hint == "example" and wish.kind is None):
        _refuse(tensor, hint, operation, notes)
    elif wish.kind == "image" or not _can_hold(tensor, wish.kind):
        notes.stop(f"input.kind is {wish.kind}, which a tensor {describe(tensor)} can't be.", "input.kind", STRINGS)
    elif wish.kind is not None:
        notes.know("input.kind", wish.kind, "said in input.kind")
        return wish.kind
    elif not _can_hold(tensor, "jpeg" if hint == "jpeg" else "text"):
        notes.know("input.kind", "tensors", f"it takes strings {shape_text(tensor)}")
        return "tensors"
    elif hint is None:
        notes.stop("It takes strings, and the graph doesn't tell what they are.", f"input {tensor.name}", STRINGS)
    else:
        kind: InputKind = "jpeg" if hint == "jpeg" else "text"
        how = "decodes images" if hint == "jpeg" else "decodes texts" if hint == "base64" else "works on texts"
        notes.know("input.kind", kind, f"the graph {how} ({operation})")
        return kind
    return None


def _can_hold(tensor: Tensor, kind: InputKind | None) -> bool:
    """Encoded images are [None]; so are texts, or [None, 1]."""
    one = len(tensor.shape) == 1
    return one if kind == "jpeg" else one or tensor.shape[1:] == (1,) if kind == "text" else True


def _refuse(tensor: Tensor, hint: str | None, operation: str, notes: Notes) -> None:
    if hint == "file":
        notes.stop(
            f"The graph opens files by the names that a request gives ({operation}); the service has no such files.",
            f"input {tensor.name}",
            "Export a signature that takes what is in the files, tf.TensorSpec([None], tf.string), "
            "and leave tf.io.read_file out.",
        )
    else:
        notes.stop(
            f"It takes serialised tf.train.Example records ({operation}), which no client of a web service has.",
            f"input {tensor.name}",
            "Export a signature of what comes after the parsing, one tf.TensorSpec([None, …]) a feature "
            "(tf.estimator.export.build_raw_serving_input_receiver_fn for an estimator).",
        )


def _of_numbers(tensor: Tensor, wish: Wish, notes: Notes) -> InputKind | None:
    image = is_image(tensor)
    if wish.kind in ("jpeg", "text") or (wish.kind == "image" and not image):
        suits = "image or tensors" if image else "tensors"
        notes.stop(
            f"input.kind is {wish.kind}, which a tensor {describe(tensor)} can't be.",
            "input.kind",
            f"It suits {suits}: write `input: {{kind: {suits.partition(' ')[0]}}}` into the service's file"
            + (f", or {CHANNELS_LAST}." if _is_channels_first(tensor) else "."),
        )
        return None
    if wish.kind is not None:
        notes.know("input.kind", wish.kind, "said in input.kind")
        return wish.kind
    if _is_channels_first(tensor):
        notes.stop(
            f"Its images have the channels first ({describe(tensor)}); the service puts them last.",
            f"input {tensor.name}",
            f"To serve images, {CHANNELS_LAST}; to serve it by JSON numbers, {AS_TENSORS}.",
        )
        return None
    if image:
        notes.know("input.kind", "image", f"a tensor {shape_text(tensor)} holds images")
        return "image"
    notes.know("input.kind", "tensors", f"it takes {tensor.dtype} {shape_text(tensor)}")
    return "tensors"


CHANNELS_LAST = (
    "export a signature that transposes: model(tf.transpose(images, [0, 3, 1, 2])) of tf.TensorSpec([None, h, w, c])"
)


def _is_channels_first(tensor: Tensor) -> bool:
    return len(tensor.shape) == IMAGE_RANK and tensor.shape[1] in (1, 3) and tensor.shape[3] not in (1, 3)
