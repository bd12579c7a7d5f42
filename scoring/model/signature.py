"""What a SavedModel says about itself: its signatures, and what a model without a contract takes and answers.

Read from saved_model.pb alone; nothing of the model is loaded or run.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from tensorflow.core.protobuf.meta_graph_pb2 import MetaGraphDef, TensorInfo
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from scoring.contract import Contract, Input, Task, Tensor
from scoring.errors import StartupError

FILE = "saved_model.pb"
TAG = "serve"
SIGNATURE_KEY = "serving_default"
INTERNAL = "__saved_model_"  # signatures that only loaders use (tensorflow/python/saved_model/constants.py)
IMAGE_RANK = 4  # batch, height, width, channels
MATRIX_RANK = 2  # batch, classes


@dataclass(frozen=True)
class Signature:
    """One function that the SavedModel offers; inputs and outputs are sorted by name.

    A tensor whose rank isn't known has the shape (), as a scalar has: neither has a batch dimension. A sparse or ragged
    tensor is a variant of shape ().
    """

    key: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


def read_signatures(saved_model: Path) -> dict[str, Signature]:
    """The signatures by their keys, sorted. StartupError for a folder that holds no SavedModel for serving."""
    definitions = read_meta_graph(saved_model).signature_def
    keys = sorted(key for key in definitions if not key.startswith(INTERNAL))
    return {key: Signature(key, _tensors(definitions[key].inputs), _tensors(definitions[key].outputs)) for key in keys}


def read_meta_graph(saved_model: Path) -> MetaGraphDef:
    """The graph that is tagged `serve`, or the only one. StartupError as read_signatures()."""
    file = saved_model / FILE
    if not file.is_file():
        raise StartupError(f"{saved_model} holds no SavedModel ({FILE}).")
    try:
        graphs = SavedModel.FromString(file.read_bytes()).meta_graphs
    except DecodeError as error:
        raise StartupError(f"The SavedModel in {saved_model} can't be loaded: {FILE} is damaged ({error}).") from error
    tagged = {tuple(sorted(graph.meta_info_def.tags)): graph for graph in graphs}
    if len(tagged) == 1:
        return graphs[0]
    if (TAG,) not in tagged:
        found = "; ".join(", ".join(tags) or "no tag" for tags in tagged) or "none"
        raise StartupError(f"The SavedModel in {saved_model} has no graph with the tag {TAG!r} alone (found: {found}).")
    return tagged[TAG,]


def output_names(contract: Contract) -> tuple[str, ...]:
    """What a call of the model fetches: the task's label output where it has one, then its outputs."""
    return tuple(output.name for output in (contract.task.label_output, *contract.task.outputs) if output is not None)


def default_contract(saved_model: Path) -> Contract:
    """The contract of a version that was registered before there were contracts; StartupError where it has none.

    `serving_default` takes exactly one input, either a string tensor [batch] of encoded images or a uint8 or float
    image tensor [batch, height, width, 1 or 3] of 0-255; a float output [batch, n], named `probabilities` unless it is
    the only one, answers; optionally an output `classes` [batch] says the label.
    """
    signatures = read_signatures(saved_model)
    if SIGNATURE_KEY not in signatures:
        found = ", ".join(signatures) or "none"
        raise StartupError(f"The SavedModel has no signature {SIGNATURE_KEY!r} (found: {found}): export it with one.")
    signature = signatures[SIGNATURE_KEY]
    if len(signature.inputs) != 1:
        raise StartupError(f"{SIGNATURE_KEY!r} must have exactly one input, it has {_describe(signature.inputs)}.")
    task = Task(
        kind="classification", outputs=(_probabilities(signature.outputs),), label_output=_classes(signature.outputs)
    )
    return Contract(signature=SIGNATURE_KEY, input=_input(signature.inputs[0]), task=task)


def _tensors(infos: Any) -> tuple[Tensor, ...]:
    return tuple(_tensor(name, info) for name, info in sorted(infos.items()))


def _tensor(name: str, info: TensorInfo) -> Tensor:
    if info.WhichOneof("encoding") != "name":
        return Tensor(name=name, dtype=tf.variant.name, shape=())
    shape = tuple(None if dimension.size < 0 else dimension.size for dimension in info.tensor_shape.dim)
    return Tensor(name=name, dtype=tf.as_dtype(info.dtype).name, shape=shape)


def _input(tensor: Tensor) -> Input:
    if not tensor.shape or tensor.shape[0] is not None:
        raise StartupError(
            f"Input {tensor.name!r} must have an open batch dimension [None, ...], its shape is {tensor.shape}."
        )
    if tensor.dtype == "string" and len(tensor.shape) == 1:
        return Input(kind="jpeg", tensors=(tensor,))
    if (tensor.dtype == "uint8" or _is_float(tensor)) and len(tensor.shape) == IMAGE_RANK:
        height, width, channels = tensor.shape[1:]
        if height and width and channels in (1, 3):
            return Input(kind="image", tensors=(tensor,), size=(height, width))
    raise StartupError(
        f"Input {tensor.name!r} is {tensor.dtype} {tensor.shape}: it must be a string tensor [None] of encoded images, "
        "or a uint8 or float image tensor [None, height, width, 1 or 3] with fixed height and width."
    )


def _probabilities(outputs: tuple[Tensor, ...]) -> Tensor:
    floats = {tensor.name: tensor for tensor in outputs if _is_float(tensor) and len(tensor.shape) == MATRIX_RANK}
    if "probabilities" in floats:
        return floats["probabilities"]
    if len(floats) == 1:
        return next(iter(floats.values()))
    raise StartupError(
        f"One float output [None, classes] must be named 'probabilities' or be the only such, "
        f"the outputs are {_describe(outputs)}."
    )


def _classes(outputs: tuple[Tensor, ...]) -> Tensor | None:
    found = next((tensor for tensor in outputs if tensor.name == "classes"), None)
    if found and (len(found.shape) != 1 or not (found.dtype == "string" or tf.as_dtype(found.dtype).is_integer)):
        raise StartupError(f"Output 'classes' must be one integer or string an image, it is {_describe(outputs)}.")
    return found


def _is_float(tensor: Tensor) -> bool:
    return bool(tf.as_dtype(tensor.dtype).is_floating)


def _describe(tensors: tuple[Tensor, ...]) -> str:
    return ", ".join(f"{tensor.name}: {tensor.dtype} {tensor.shape}" for tensor in tensors) or "none"
