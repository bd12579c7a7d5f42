"""What a model takes and what it answers: found or said when a version is registered, kept with it as contract.json.

A version of before there were contracts has none: scoring.model.signature.default_contract() is what it is served by.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

FOLDER = "version"
"""What is registered, and so lies in AZUREML_MODEL_DIR: a folder with model/, the contract and a probe."""
FILE = "contract.json"
"""In the registered version's folder, beside model/."""
PROBE_FILE = "probe"
"""Beside it, where there was validation data: the body of a request that this model answers."""

InputKind = Literal["jpeg", "image", "tensors", "text"]
TaskKind = Literal["classification", "multilabel", "binary", "regression", "tensors"]
Scale = Literal["0-255", "0-1", "-1-1", "tf", "torch", "caffe"]
Resize = Literal["bilinear", "nearest", "bicubic", "area", "lanczos3"]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Tensor(Part):
    """One input or output of a signature."""

    name: str
    """The signature's name for it."""
    dtype: str
    """TensorFlow's name of it, such as float32 or string."""
    shape: Annotated[tuple[int | None, ...], Field(strict=False)]
    """The batch dimension first, None; further None are free."""


class Input(Part):
    """What a request carries."""

    kind: InputKind
    """jpeg: an encoded image, which the model decodes; image: one that the service decodes into a number tensor;
    tensors, text: JSON in TensorFlow Serving's forms (tensorflow.org/tfx/serving/api_rest)."""
    tensors: Annotated[tuple[Tensor, ...], Field(strict=False)]
    """All inputs of the signature; one, unless the kind is tensors."""
    scale: Scale = "0-255"
    """Of an image's values; tf, torch and caffe are those of keras.applications.imagenet_utils.preprocess_input."""
    resize: Resize = "bilinear"
    """tf.image.resize's method."""
    size: Annotated[tuple[int, int] | None, Field(strict=False)] = None
    """Height and width in pixels that an image is resized to; None: as it was sent, which the tensor's shape allows."""

    @property
    def free(self) -> tuple[Tensor, ...]:
        """Those whose shape, beside the number of rows, is as a request has it."""
        return () if self.size else tuple(tensor for tensor in self.tensors if None in tensor.shape[1:])


class Task(Part):
    """What the outputs mean, and so what an answer looks like."""

    kind: TaskKind
    outputs: Annotated[tuple[Tensor, ...], Field(strict=False)]
    """What is answered by: one float output, unless the kind is tensors."""
    logits: bool = False
    """The service applies the softmax (classification) or the sigmoid (multilabel, binary)."""
    label_output: Tensor | None = None
    """Integer or string output [batch] of the class that a classifier itself names; None: the greatest probability."""
    labels: Annotated[tuple[str, ...], Field(strict=False)] = ()
    """Names of the classes, in their order; of the two classes, where the kind is binary; empty: they have numbers."""
    top_k: int | None = None
    """How many of the likeliest classes are listed in an answer; None: no list."""
    threshold: float = 0.5
    """Probability from which a label (multilabel) or the second class (binary) is given."""
    unit: str | None = None
    """Of a regression's values."""


class Contract(Part):
    """One model as a service: its signature, what it takes, what it answers."""

    signature: str
    """Key of the SavedModel's signature."""
    input: Input
    task: Task


def version_folder(model_dir: Path) -> Path:
    """The registered version's folder in AZUREML_MODEL_DIR, which it is itself where no contract was registered."""
    return model_dir / FOLDER if (model_dir / FOLDER).is_dir() else model_dir


def read_contract(version: Path) -> Contract | None:
    """The contract in a registered version's folder; None where it has none. ValueError for a damaged one."""
    file = version / FILE
    return Contract.model_validate_json(file.read_bytes()) if file.is_file() else None


def write_contract(contract: Contract, version: Path) -> None:
    (version / FILE).write_text(contract.model_dump_json(indent=1) + "\n", encoding="utf-8")
