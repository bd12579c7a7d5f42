"""The sections that say what a model takes and answers, where its SavedModel doesn't tell."""

from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from config.sections.base import Section, Text


def _inside(path: str) -> str:
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        raise ValueError("must be a path inside the folder of the settings")
    return path


class Input(Section):
    # The same words as scoring/contract.py, which stands alone in the service; a test compares them.
    signature: Text = "serving_default"
    """Key of the signature that is served."""
    kind: Literal["jpeg", "image", "tensors", "text"] | None = None
    """jpeg: encoded images that the model decodes; image: a number tensor that the service decodes them into; tensors:
    JSON; text: JSON with texts; null: what the SavedModel tells."""
    scale: Literal["0-255", "0-1", "-1-1", "tf", "torch", "caffe"] | None = None
    """Values that an image tensor is given; tf, torch and caffe as Keras' preprocess_input; null: 0-255 of uint8."""
    resize: Literal["bilinear", "nearest", "bicubic", "area", "lanczos3"] = "bilinear"
    """How images are resized to the tensor's height and width."""
    size: Annotated[tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] | None, Field(strict=False)] = None
    """[height, width] in pixels of an image tensor that has free ones; null: as sent."""


class Task(Section):
    kind: Literal["classification", "multilabel", "binary", "regression", "tensors"] | None = None
    """What the model answers; tensors: its outputs as they are; null: what the SavedModel tells."""
    output: Text | None = None
    """Name of the output that is answered by; null: the only one that suits."""
    logits: bool | None = None
    """The output is before the softmax or sigmoid, which the service then applies; null: what the SavedModel tells."""
    labels: Annotated[str, AfterValidator(_inside)] | None = None
    """File of the classes' names, one a line in the order of the classes, in the folder of the settings."""
    top_k: int | None = Field(default=None, ge=1)
    """How many of the likeliest classes an answer lists; null lists none."""
    threshold: float = Field(default=0.5, gt=0, lt=1)
    """Probability from which a label, or the second of two classes, is given."""
    unit: Text | None = None
    """Of a regression's values."""
