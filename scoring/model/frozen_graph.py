"""The frozen graph: the model with its variables made constants, optimised once, when the version is registered.

Constants can be folded into their neighbours (a scale into the weights of the convolution before it) and laid out for
the processor. TensorFlow would do this anew at every start, in seconds and gigabytes; here the service starts from the
result, and faster than from the SavedModel. The file travels inside the SavedModel, in the folder `assets.extra`, which
the format leaves to others (tensorflow/python/saved_model/README.md).
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.core.framework.graph_pb2 import GraphDef
from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.core.protobuf.rewriter_config_pb2 import RewriterConfig

from scoring.contract import Contract
from scoring.errors import StartupError
from scoring.model.folding import fold_scales
from scoring.model.graph import Graph, Names, operations, session_config
from scoring.model.placement import keep_decoding_on_cpu
from scoring.model.saved_model import load_saved_model

FOLDER = Path("assets.extra", "aml-gpu-pipeline")
GRAPH_FILE = "frozen_graph.pb"
NAMES_FILE = "frozen_graph.json"
MAX_BYTES = 2**31 - 1  # of one protocol buffer
TOO_GREAT = "its graph, with the weights, has more than 2 GB"
WITHIN_A_RUN = ("TensorArray", "Stack")  # resources that every run makes for itself


def has_frozen_graph(saved_model: Path) -> bool:
    """Whether freeze() has been there."""
    return (saved_model / FOLDER / NAMES_FILE).is_file()


def freeze(saved_model: Path, contract: Contract) -> str | None:
    """Write the frozen graph into `saved_model`; returns None, or why this model is served as it is.

    StartupError as load_saved_model().
    """
    loaded = load_saved_model(saved_model, contract, session_config())
    try:
        inlined = _inlined(loaded)
        if _weights(inlined, loaded.names) > MAX_BYTES:  # before they are copied, more than once
            return TOO_GREAT
        graph = _constants(loaded, inlined)
        if any(_is_resource(node) for node in operations(graph, loaded.names.tensors)):
            return "it holds resources other than variables, such as lookup tables"
        if graph.ByteSize() > MAX_BYTES:
            return TOO_GREAT
        serialized = _optimise(graph, loaded.names).SerializeToString(deterministic=True)
    except Exception as error:  # noqa: BLE001 -- whatever freezing makes TensorFlow raise, the model can be served
        return f"TensorFlow can't freeze it: {next(iter(str(error).splitlines()), type(error).__name__)}"
    finally:
        loaded.session.close()
    folder = saved_model / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / GRAPH_FILE).write_bytes(serialized)
    (folder / NAMES_FILE).write_text(json.dumps(asdict(loaded.names), indent=1) + "\n", encoding="utf-8")
    return None


def load_frozen_graph(saved_model: Path, config: Any, *, gpu: bool = False) -> Graph:
    """The frozen graph in a session of its own, for a machine with a `gpu`. StartupError when the file is damaged."""
    folder = saved_model / FOLDER
    try:
        names = _read_names(folder / NAMES_FILE)
        session = _session((folder / GRAPH_FILE).read_bytes(), config, gpu=gpu)
        for name in (*names.inputs, *names.tensors):
            session.graph.get_tensor_by_name(name)
    except Exception as error:  # whatever a damaged file makes TensorFlow raise
        raise StartupError(f"The frozen graph in {folder} can't be loaded: {error}") from error
    return Graph(session, names)


def _read_names(file: Path) -> Names:
    found = json.loads(file.read_text(encoding="utf-8"))
    if "input" in found:  # written before there were contracts
        found["inputs"] = [found.pop("input")]
    inputs, outputs, tensors = (tuple(found[key]) for key in ("inputs", "outputs", "tensors"))
    return Names(inputs, outputs, tensors, found.get("form", ""))


def _inlined(loaded: Graph) -> GraphDef:
    """The graph without functions, as far as they can be inlined."""
    graph = loaded.session.graph.as_graph_def()
    for function in graph.library.function:
        # An implementation for GPUs, as of an LSTM, which keeps a function from being inlined.
        function.attr.pop("api_implements", None)
    config = tf.compat.v1.ConfigProto()
    config.graph_options.rewrite_options.optimizers.append("function")
    return _rewrite(graph, loaded.names, config)


def _weights(graph: GraphDef, names: Names) -> int:
    """Bytes of the variables that the answers need; those of a shape that isn't known count nothing."""
    from tensorflow.python.util import deprecation  # no public name

    with deprecation.silence():
        needed = tf.compat.v1.graph_util.extract_sub_graph(graph, _kept(names))
    return sum(
        (tf.TensorShape(node.attr["shape"].shape).num_elements() or 0) * tf.as_dtype(node.attr["dtype"].type).size
        for node in needed.node
        if node.op == "VarHandleOp"
    )


def _constants(loaded: Graph, inlined: GraphDef) -> GraphDef:
    """The inlined graph with constants in place of its variables."""
    from tensorflow.python.util import deprecation  # no public name

    with deprecation.silence(), loaded.session.graph.as_default():
        return tf.compat.v1.graph_util.convert_variables_to_constants(loaded.session, inlined, _kept(loaded.names))


def _is_resource(node: NodeDef) -> bool:
    """Whether the node is something that outlives a run, and so must be made before the first."""
    from tensorflow.python.framework import op_def_registry  # no public name

    definition = op_def_registry.get(node.op)
    if definition is None or node.op.startswith(WITHIN_A_RUN):
        return False
    return any(output.is_ref or output.type == tf.resource.as_datatype_enum for output in definition.output_arg)


def _optimise(graph: GraphDef, names: Names) -> GraphDef:
    """The graph after every optimisation that doesn't depend on the device."""
    config = tf.compat.v1.ConfigProto()
    rewrite = config.graph_options.rewrite_options
    # Its AddN keeps a convolution from taking in what is added.
    rewrite.arithmetic_optimization = RewriterConfig.OFF
    # A machine with a GPU would lay the graph out for one, and it would no longer run on a CPU.
    rewrite.layout_optimizer = RewriterConfig.OFF
    rewrite.remapping = RewriterConfig.OFF
    return fold_scales(_rewrite(graph, names, config), _kept(names))


def _rewrite(graph: GraphDef, names: Names, config: Any) -> GraphDef:
    """The graph after TensorFlow's optimiser, which keeps the tensors in `names`."""
    from tensorflow.python.grappler import tf_optimizer  # no public name; TensorFlow's own TensorRT converter uses it

    with tf.Graph().as_default() as imported:
        tf.graph_util.import_graph_def(graph, name="")
    meta_graph = tf.compat.v1.train.export_meta_graph(graph_def=graph, graph=imported)
    meta_graph.collection_def["train_op"].node_list.value.extend([*names.inputs, *names.tensors])  # what must stay
    config.graph_options.rewrite_options.min_graph_nodes = -1  # small graphs, too
    return tf_optimizer.OptimizeGraph(config, meta_graph)


def _session(graph_bytes: bytes, config: Any, *, gpu: bool) -> Any:
    definition = GraphDef.FromString(graph_bytes)
    if gpu:
        keep_decoding_on_cpu(definition)
    graph = tf.Graph()
    with graph.as_default():
        tf.graph_util.import_graph_def(definition, name="")
    return tf.compat.v1.Session(graph=graph, config=config)


def _kept(names: Names) -> list[str]:
    """The nodes that must stay; an input among them that the model makes no use of."""
    return [tensor.partition(":")[0] for tensor in (*names.inputs, *names.tensors)]
