"""Infers how the service makes an image tensor."""

from collections.abc import Sequence

from config.sections.contract import Input as Wish
from scoring.contract import Input, Scale, Tensor
from steps.registration.contract.findings import ScaleFit
from steps.registration.contract.graph.hints import Hints
from steps.registration.contract.inference.notes import Notes, describe

FLOATS = {"float16", "bfloat16", "float32", "float64"}
COLOURS = ("torch", "caffe")
"""Scales that have a number for each of three channels (keras.applications.imagenet_utils.preprocess_input)."""
SCALES = (
    '`input: {scale: "0-1"}` (divided by 255), `input: {scale: "-1-1"}`, `input: {scale: "0-255"}`, or tf, torch or '
    "caffe for keras.applications' preprocess_input"
)


def is_image(tensor: Tensor) -> bool:
    """Whether it is [batch, height, width, 1 or 3] of a type that images are decoded to."""
    shape = tensor.shape
    return len(shape) == 4 and shape[3] in (1, 3) and (tensor.dtype == "uint8" or tensor.dtype in FLOATS)


def infer_image(tensor: Tensor, hints: Hints, wish: Wish, notes: Notes, fits: Sequence[ScaleFit]) -> Input:
    """The input; where `notes` gets an obstacle, a scale and a size that the tensor can have stand in."""
    scale = _scale(tensor, hints.divided.get(tensor.name), wish, notes, fits)
    size = _size(tensor, wish, notes)
    return Input(kind="image", tensors=(tensor,), scale=scale or "0-255", resize=wish.resize, size=size)


def _scale(tensor: Tensor, divided: str | None, wish: Wish, notes: Notes, fits: Sequence[ScaleFit]) -> Scale | None:
    said = wish.scale
    if said is not None:
        if not _can_have(tensor, said, notes):
            return None
        if divided and said != "0-255":
            notes.warnings.append(f"input.scale is {said}, and the graph itself divides what it gets by {divided}.")
        notes.know("input.scale", said, "said in input.scale")
        return said
    how = "the tensor is uint8" if tensor.dtype == "uint8" else divided and f"the graph itself divides by {divided}"
    if how:
        notes.know("input.scale", "0-255", how)
        return "0-255"
    notes.stop(
        f"It takes images as {tensor.dtype}, and the model doesn't tell how their values are scaled.",
        f"input {tensor.name}",
        _suggestion(fits)
        or f"Write into the service's file how the training images were: {SCALES}. With --validation-data, the check "
        "tries which fits.",
    )
    return None


def _suggestion(fits: Sequence[ScaleFit]) -> str | None:
    if not fits:
        return None
    best = [fit.scale for fit in fits if fit.accuracy == fits[0].accuracy]
    write = " or ".join(f'`input: {{scale: "{scale}"}}`' for scale in best)
    tried = ", ".join(f"{fit.scale} {fit.accuracy:.0%}" for fit in fits)
    return (
        f"Write {write} into the service's file if that is how the training images were: of {fits[0].samples} "
        f"validation samples, the model is right about {tried}."
    )


def _can_have(tensor: Tensor, said: Scale, notes: Notes) -> bool:
    if tensor.dtype == "uint8" and said != "0-255":
        notes.stop(
            f"input.scale is {said}, but {describe(tensor)} holds whole numbers from 0 to 255.",
            "input.scale",
            'Leave input.scale out, or write `input: {scale: "0-255"}`.',
        )
    elif said in COLOURS and tensor.shape[3] == 1:
        notes.stop(
            f"input.scale is {said}, which is for three channels; {describe(tensor)} has one.",
            "input.scale",
            'Write `input: {scale: "0-1"}`, `input: {scale: "-1-1"}` or `input: {scale: "0-255"}`.',
        )
    else:
        return True
    return False


def _size(tensor: Tensor, wish: Wish, notes: Notes) -> tuple[int, int] | None:
    height, width = tensor.shape[1:3]
    said = wish.size
    if height and width and said is None:
        notes.know("input.size", f"{height} x {width}", "the tensor's shape")
        return height, width
    if said and any(own not in (None, size) for own, size in zip((height, width), said, strict=True)):
        notes.stop(
            f"input.size is {list(said)}, but the model takes {describe(tensor)}.",
            "input.size",
            "Leave input.size out: images are resized to what the tensor says.",
        )
        return height or said[0], width or said[1]
    if said:
        notes.know("input.size", f"{said[0]} x {said[1]}", "said in input.size")
        return said
    if height or width:
        notes.stop(
            f"One side of the images is free, the other fixed ({describe(tensor)}).",
            f"input {tensor.name}",
            f"Write `input: {{size: [{height or 'HEIGHT'}, {width or 'WIDTH'}]}}` into the service's file.",
        )
        return height or width or 0, width or height or 0
    notes.know("input.size", "as sent", "the tensor's height and width are free")
    return None
