"""The SavedModel as it was exported, its variables apart from its graph, behind the decoding that its input needs."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.core.protobuf.meta_graph_pb2 import MetaGraphDef, SignatureDef, TensorInfo

from scoring.contract import Contract, Input, Tensor
from scoring.errors import StartupError
from scoring.model.decoding import decode
from scoring.model.graph import Graph, Names, operations
from scoring.model.pinning import is_pinned, unpinned_copy
from scoring.model.signature import output_names, read_meta_graph

VARIABLES = Path("variables", "variables.index")
PYTHON = {"PyFunc", "PyFuncStateless", "EagerPyFunc"}  # tf.numpy_function, tf.py_function
WRITING = {
    "WriteFile", "Save", "SaveSlices", "SaveV2", "MergeV2Checkpoints",
    "CreateSummaryFileWriter", "CreateSummaryDbWriter", "SaveDataset", "SaveDatasetV2", "DatasetToTFRecord",
}  # fmt: skip
SCOPE = "aml_gpu_pipeline"  # of our own nodes, beside the model's

Load = Callable[[Path, MetaGraphDef, str, Mapping[str, Any], Any], Mapping[str, str]]
"""From (folder, graph, signature's key, its inputs, session) to the names of the tensors of its outputs."""


def load_saved_model(saved_model: Path, contract: Contract, config: Any) -> Graph:
    """The SavedModel in a session of its own. StartupError, which says what mends the export, when it can't."""
    meta_graph = read_meta_graph(saved_model)
    revivable = meta_graph.HasField("object_graph_def")
    signature = _signature(meta_graph, contract)
    _check_operations(meta_graph, [signature.outputs[name].name for name in output_names(contract)])
    if meta_graph.HasField("saver_def") and not (saved_model / VARIABLES).is_file():
        raise StartupError(f"The SavedModel in {saved_model} lacks {VARIABLES}: give the whole folder of the export.")
    folder = unpinned_copy(saved_model) if is_pinned(meta_graph.graph_def) else saved_model
    try:
        return _load(_revive if revivable else _import, folder, meta_graph, contract, config)
    except StartupError:
        raise
    except Exception as error:  # TensorFlow documents no set: a damaged model raises anything from OSError to KeyError
        with suppress(Exception):
            if revivable:
                return _load(_import, folder, meta_graph, contract, config)
        raise StartupError(f"The SavedModel in {saved_model} can't be loaded: {_reason(error)}") from error


def _load(load: Load, saved_model: Path, meta_graph: MetaGraphDef, contract: Contract, config: Any) -> Graph:
    signature, outputs = meta_graph.signature_def[contract.signature], output_names(contract)
    with tf.Graph().as_default() as graph:
        fed, inputs = _inputs(signature, contract.input)
        session = tf.compat.v1.Session(graph=graph, config=config)
        try:
            found = load(saved_model, meta_graph, contract.signature, inputs, session)
            tensors = _hand_on([graph.get_tensor_by_name(found[name]) for name in outputs])
        except Exception:
            session.close()
            raise
    return Graph(session, Names(fed, outputs, tensors, contract.input.model_dump_json()))


def _hand_on(results: list[Any]) -> tuple[str, ...]:
    """Names of tensors that pass each of `results` on by itself.

    A call of a function, were it fetched, would become one node for all of them, and on a GPU strings can't be. That
    they wait for the whole call is what lets TensorFlow inline one that reads variables; it leaves out a wait for what
    is an input anyway, hence the group.
    """
    with tf.name_scope(SCOPE), tf.control_dependencies([tf.group(*results)]):
        return tuple(tf.identity(result, "output").name for result in results)


def _revive(saved_model: Path, _: MetaGraphDef, key: str, inputs: Mapping[str, Any], session: Any) -> dict[str, str]:
    """As TensorFlow 2 loads: what was exported is revived, which finds all variables, also those that Keras wraps."""
    loaded = tf.saved_model.load(str(saved_model))
    results = loaded.signatures[key](**inputs)
    session.run([tf.compat.v1.global_variables_initializer(), tf.compat.v1.tables_initializer()])
    return {name: tensor.name for name, tensor in results.items()}


def _import(
    saved_model: Path, meta_graph: MetaGraphDef, key: str, inputs: Mapping[str, Any], session: Any
) -> dict[str, str]:
    """As TensorFlow 1 and TensorFlow Serving load: the graph and its variables, no objects.

    It is for what TensorFlow 1 exported, and for what doesn't revive: a Keras before 3 kept its optimiser with the
    model, of which only the same Keras can be made an object again.
    """
    from tensorflow.python.util import deprecation  # no public name

    signature = meta_graph.signature_def[key]
    used = {source for node in meta_graph.graph_def.node for source in node.input}
    replaced = {signature.inputs[name].name.removesuffix(":0"): tensor for name, tensor in inputs.items()}
    with deprecation.silence():  # its advice, tf.saved_model.load, is what fails
        tf.compat.v1.saved_model.load(
            session,
            list(meta_graph.meta_info_def.tags),
            str(saved_model),
            input_map={name: tensor for name, tensor in replaced.items() if name in used},
        )
    return {name: info.name for name, info in signature.outputs.items()}


def _inputs(signature: SignatureDef, form: Input) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Names of the tensors to feed, and the signature's inputs, made from them."""
    with tf.name_scope(SCOPE):
        if form.kind in ("jpeg", "image", "text"):
            (tensor,) = form.tensors
            strings = tf.compat.v1.placeholder(tf.string, [None], "strings")
            return (strings.name,), {tensor.name: _from_strings(strings, form)}
        inputs = {tensor.name: _placeholder(signature.inputs[tensor.name]) for tensor in form.tensors}
    return tuple(tensor.name for tensor in inputs.values()), inputs


def _from_strings(strings: Any, form: Input) -> Any:
    if form.kind == "image":
        return decode(strings, form)
    return tf.reshape(strings, [-1, 1]) if len(form.tensors[0].shape) > 1 else strings  # as Keras' text models take it


def _placeholder(info: TensorInfo) -> Any:
    return tf.compat.v1.placeholder(tf.as_dtype(info.dtype), tf.TensorShape(info.tensor_shape))


def _signature(meta_graph: MetaGraphDef, contract: Contract) -> SignatureDef:
    """The contract's signature, once it is known to have the contract's tensors."""
    if contract.signature not in meta_graph.signature_def:
        found = ", ".join(sorted(meta_graph.signature_def)) or "none"
        raise StartupError(f"The SavedModel has no signature {contract.signature!r} (found: {found}).")
    signature = meta_graph.signature_def[contract.signature]
    for tensor in contract.input.tensors:
        _check_tensor("input", tensor, signature.inputs)
    for output in (contract.task.label_output, *contract.task.outputs):
        if output is not None:
            _check_tensor("output", output, signature.outputs)
    if missing := sorted(signature.inputs.keys() - {tensor.name for tensor in contract.input.tensors}):
        raise StartupError(f"The contract leaves out inputs of {contract.signature!r}: {', '.join(missing)}.")
    return signature


def _check_tensor(kind: str, tensor: Tensor, infos: Mapping[str, TensorInfo]) -> None:
    if tensor.name not in infos:
        found = ", ".join(sorted(infos)) or "none"
        raise StartupError(f"The SavedModel has no {kind} {tensor.name!r} (found: {found}).")
    info = infos[tensor.name]
    if info.WhichOneof("encoding") != "name":
        raise StartupError(
            f"The {kind} {tensor.name!r} is a sparse or ragged tensor: export a signature whose function takes and "
            "gives dense ones (tf.sparse.to_dense, RaggedTensor.to_tensor)."
        )
    if (dtype := tf.as_dtype(info.dtype).name) != tensor.dtype:
        raise StartupError(f"The {kind} {tensor.name!r} is {dtype}, the contract says {tensor.dtype}.")
    shape = tf.TensorShape(info.tensor_shape)
    if not shape.is_compatible_with(tensor.shape):
        raise StartupError(
            f"The {kind} {tensor.name!r} has the shape {shape.as_list()}, the contract says {list(tensor.shape)}."
        )


def _check_operations(meta_graph: MetaGraphDef, outputs: list[str]) -> None:
    found = list(operations(meta_graph.graph_def, outputs))
    if any(node.op in PYTHON for node in found):
        raise StartupError(
            "The model calls Python code (tf.py_function or tf.numpy_function), which a SavedModel doesn't hold: "
            "write that part with TensorFlow's operations and export again."
        )
    if writing := sorted({node.op for node in found if _writes(node)}):
        raise StartupError(
            f"The model writes files when it is asked ({', '.join(writing)}), which no caller of a service may make it "
            "do: leave that out, as tf.io.write_file, a summary or a checkpoint, and export again."
        )


def _writes(node: NodeDef) -> bool:
    """tf.print, too, where it is told to: to a log it may."""
    return node.op in WRITING or (node.op == "PrintV2" and node.attr["output_stream"].s.startswith(b"file://"))


def _reason(error: Exception) -> str:
    unknown = str(error).partition("Op type not registered '")[2].partition("'")[0]
    if unknown:
        return (
            f"it needs the operation {unknown}, which TensorFlow itself doesn't have. It comes from another package, "
            "such as tensorflow_text: export the model without it, and do that part before the request."
        )
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
