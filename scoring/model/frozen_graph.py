"""The frozen graph: the model with its variables made constants, optimised once, when the version is registered.

Constants can be folded into their neighbours (a scale into the weights of the convolution before it) and laid out for
the processor. TensorFlow would do this anew at every start, in seconds and gigabytes; here the service starts from the
result, and faster than from the SavedModel. The file travels inside the SavedModel, in the folder `assets.extra`, which
the format leaves to others (tensorflow/python/saved_model/README.md).
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt
import tensorflow as tf

from scoring.errors import StartupError
from scoring.model.folding import fold_scales
from scoring.model.saved_model import Network, serving_function

FOLDER = Path("assets.extra", "aml-gpu-pipeline")
GRAPH_FILE = "frozen_graph.pb"
NAMES_FILE = "frozen_graph.json"
MAX_BYTES = 2**31 - 1  # of one protocol buffer
# What was done already; layout and fusing are left, which depend on the device.
DONE = (
    "arithmetic_optimization",
    "common_subgraph_elimination",
    "constant_folding",
    "dependency_optimization",
    "function_optimization",
    "implementation_selector",
    "loop_optimization",
    "shape_optimization",
)
# TensorFlow's graph optimiser computes in 16 bits what it can safely (tensorflow.org/guide/graph_optimization).
MIXED_PRECISION = {"bfloat16": "auto_mixed_precision_onednn_bfloat16", "float16": "auto_mixed_precision"}


@dataclass(frozen=True)
class Names:
    """Tensors of the frozen graph."""

    input: str
    """Name of the input tensor: strings [n]."""

    outputs: tuple[str, ...]
    """As in Network."""

    tensors: tuple[str, ...]
    """Names of the output tensors."""


def has_frozen_graph(saved_model: Path) -> bool:
    """Whether freeze() has been there."""
    return (saved_model / FOLDER / NAMES_FILE).is_file()


def freeze(saved_model: Path) -> str | None:
    """Write the frozen graph into `saved_model`; returns None, or why this model is served as it is."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2  # no public name

    function, outputs = serving_function(saved_model)
    try:
        frozen = convert_variables_to_constants_v2(function.get_concrete_function())
        if len(frozen.inputs) != 1:
            return "it holds resources other than variables, such as lookup tables"
        names = Names(frozen.inputs[0].name, outputs, tuple(tensor.name for tensor in frozen.outputs))
        graph = frozen.graph.as_graph_def()
        if graph.ByteSize() > MAX_BYTES:
            return "its graph, with the weights, has more than 2 GB"
        serialized = _optimise(graph, names).SerializeToString(deterministic=True)
    except Exception as error:  # noqa: BLE001 -- whatever freezing makes TensorFlow raise, the model can be served
        return f"TensorFlow can't freeze it: {next(iter(str(error).splitlines()), type(error).__name__)}"
    folder = saved_model / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / GRAPH_FILE).write_bytes(serialized)
    (folder / NAMES_FILE).write_text(json.dumps(asdict(names), indent=1) + "\n", encoding="utf-8")
    return None


def open_frozen_graph(saved_model: Path, precision: str, *, xla: bool, own_thread: bool = False) -> Network:
    """The network in `precision`: float32, bfloat16 or float16. StartupError when the file is damaged.

    With `own_thread` the operations of a call run one after the other in the thread that calls, not in TensorFlow's
    pool; what one operation shares out (a convolution, say) it shares out all the same.
    """
    session, names = open_session(saved_model, precision, xla=xla)
    function = session.make_callable(list(names.tensors), feed_list=[names.input], accept_options=True)
    # One image gives the operations' thread pool nothing to share out: the caller's own thread saves the handing over.
    own = tf.compat.v1.RunOptions(inter_op_thread_pool=-1)

    def call(images: Sequence[bytes]) -> list[npt.NDArray[Any]]:
        return list(function(list(images), options=own if own_thread or len(images) == 1 else None))

    return Network(call, tuple(names.outputs), lambda images: _device(session, names, images))


def open_session(saved_model: Path, precision: str, *, xla: bool) -> tuple[Any, Names]:
    """TensorFlow's session on the frozen graph, and the names of its tensors. StartupError as open_frozen_graph()."""
    folder = saved_model / FOLDER
    try:
        names = Names(**json.loads((folder / NAMES_FILE).read_text(encoding="utf-8")))
        session = _session((folder / GRAPH_FILE).read_bytes(), _session_config(precision, xla=xla))
        for name in (names.input, *names.tensors):
            session.graph.get_tensor_by_name(name)
    except Exception as error:  # whatever a damaged file makes TensorFlow raise
        raise StartupError(f"The frozen graph in {folder} can't be loaded: {error}") from error
    return session, names


def _optimise(graph: Any, names: Names) -> Any:
    """The graph after every optimisation that doesn't depend on the device."""
    from tensorflow.core.protobuf.rewriter_config_pb2 import RewriterConfig
    from tensorflow.python.grappler import tf_optimizer  # no public name; TensorFlow's own TensorRT converter uses it

    imported = tf.Graph()
    with imported.as_default():
        tf.graph_util.import_graph_def(graph, name="")
    meta_graph = tf.compat.v1.train.export_meta_graph(graph_def=graph, graph=imported)
    meta_graph.collection_def["train_op"].node_list.value.extend([names.input, *names.tensors])  # what must stay
    config = tf.compat.v1.ConfigProto()
    rewrite = config.graph_options.rewrite_options
    rewrite.min_graph_nodes = -1  # small graphs, too
    rewrite.arithmetic_optimization = RewriterConfig.OFF  # its AddN keeps a convolution from taking in what is added
    kept = [tensor.partition(":")[0] for tensor in (names.input, *names.tensors)]
    return fold_scales(tf_optimizer.OptimizeGraph(config, meta_graph), kept)


def _session(graph_bytes: bytes, config: Any) -> Any:
    # TensorFlow 1's session: TensorFlow 2's functions copy a large graph several times while it is loaded.
    graph = tf.Graph()
    with graph.as_default():
        tf.graph_util.import_graph_def(tf.compat.v1.GraphDef.FromString(graph_bytes), name="")
    return tf.compat.v1.Session(graph=graph, config=config)


def _session_config(precision: str, *, xla: bool) -> Any:
    from tensorflow.core.protobuf.rewriter_config_pb2 import RewriterConfig

    config = tf.compat.v1.ConfigProto()
    config.gpu_options.allow_growth = True
    if xla:
        config.graph_options.optimizer_options.global_jit_level = tf.compat.v1.OptimizerOptions.ON_1
    rewrite = config.graph_options.rewrite_options
    rewrite.meta_optimizer_iterations = RewriterConfig.ONE
    rewrite.memory_optimization = RewriterConfig.NO_MEM_OPT
    for name in DONE:
        setattr(rewrite, name, RewriterConfig.OFF)
    if precision in MIXED_PRECISION:
        setattr(rewrite, MIXED_PRECISION[precision], RewriterConfig.ON)
    return config


def _device(session: Any, names: Names, images: Sequence[bytes]) -> str:
    """Device of the operation that makes the probabilities, read from the graph as it was really run."""
    options = tf.compat.v1.RunOptions(output_partition_graphs=True)
    metadata = tf.compat.v1.RunMetadata()
    session.run(list(names.tensors), {names.input: list(images)}, options=options, run_metadata=metadata)
    operation = session.graph.as_graph_element(names.tensors[-1]).op
    while operation.type == "Identity":
        operation = operation.inputs[0].op
    devices = {node.name: node.device for graph in metadata.partition_graphs for node in graph.node}
    return str(devices.get(operation.name, "")).rpartition("/device:")[2] or "unknown"
