"""A graph in TensorFlow's session, and the tensors that a call feeds and fetches.

TensorFlow 1's session: TensorFlow 2's functions copy a large graph several times while it is loaded, and what
TensorFlow 1 exported has none.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from tensorflow.core.framework.graph_pb2 import GraphDef
from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.core.protobuf.rewriter_config_pb2 import RewriterConfig

# What was done already to a frozen graph; layout and fusing are left, which depend on the device.
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
RECEIVING, SENDING = {"_Recv", "_HostRecv"}, {"_Send", "_HostSend"}  # from one device to another
PASSING = {"_Retval", "Identity", "IdentityN", *RECEIVING}


@dataclass(frozen=True)
class Names:
    """Tensors of a graph."""

    inputs: tuple[str, ...]
    """Names of the tensors to feed, in the order of the contract's inputs."""

    outputs: tuple[str, ...]
    """As in Network."""

    tensors: tuple[str, ...]
    """Names of the tensors of these outputs."""

    form: str = ""
    """The contract's input that the graph takes, as JSON; empty in a file of before there were contracts."""


@dataclass(frozen=True)
class Graph:
    session: Any
    names: Names

    def device(self, columns: Sequence[Any]) -> str:
        """Device of the operations that make the outputs, a GPU if it made any, read from the graph as it ran."""
        options = tf.compat.v1.RunOptions(output_partition_graphs=True)
        metadata = tf.compat.v1.RunMetadata()
        feed = dict(zip(self.names.inputs, columns, strict=True))
        self.session.run(list(self.names.tensors), feed, options=options, run_metadata=metadata)
        nodes = [node for graph in metadata.partition_graphs for node in graph.node]
        found = [device.rpartition("/device:")[2] for device in _devices(nodes)]
        return next((device for device in found if device.startswith("GPU")), found[-1] if found else "unknown")


def _devices(nodes: Sequence[NodeDef]) -> Iterator[str]:
    """Of the operations behind the outputs: what hands their results on unchanged may run elsewhere."""
    named = {node.name: node for node in nodes}
    sent = {node.attr["tensor_name"].s: node for node in nodes if node.op in SENDING}
    for output in nodes:
        if output.op == "_Retval":
            yield _maker(output, named, sent).device


def _maker(node: NodeDef, named: Mapping[str, NodeDef], sent: Mapping[bytes, NodeDef]) -> NodeDef:
    index = 0
    while node.op in PASSING:
        passed = sent.get(node.attr["tensor_name"].s) if node.op in RECEIVING else node
        if passed is None:
            break
        name, _, number = passed.input[index if passed.op == "IdentityN" else 0].partition(":")
        node, index = named[name], int(number or 0)
    return node


def session_config(precision: str = "float32", *, xla: bool = False, optimised: bool = False) -> Any:
    """TensorFlow's ConfigProto; an `optimised` graph is spared what was done to it when it was frozen."""
    config = tf.compat.v1.ConfigProto(allow_soft_placement=True)  # a model may name the device that it was trained on
    config.gpu_options.allow_growth = True
    if xla:
        config.graph_options.optimizer_options.global_jit_level = tf.compat.v1.OptimizerOptions.ON_1
    rewrite = config.graph_options.rewrite_options
    if optimised:
        rewrite.meta_optimizer_iterations = RewriterConfig.ONE
        rewrite.memory_optimization = RewriterConfig.NO_MEM_OPT
        for name in DONE:
            setattr(rewrite, name, RewriterConfig.OFF)
    if precision in MIXED_PRECISION:
        setattr(rewrite, MIXED_PRECISION[precision], RewriterConfig.ON)
    return config


def operations(graph: GraphDef, tensors: Iterable[str]) -> Iterator[NodeDef]:
    """The nodes that make `tensors`, those of the functions that they call among them."""
    nodes = {node.name: node for node in graph.node}
    bodies = {function.signature.name: function.node_def for function in graph.library.function}
    waiting = [nodes[name.partition(":")[0]] for name in tensors]
    seen: set[str] = set()
    called: set[str] = set()
    while waiting:
        node = waiting.pop()
        yield node
        sources = {source.removeprefix("^").partition(":")[0] for source in node.input} & nodes.keys() - seen
        functions = {node.op, *_functions(node)} & bodies.keys() - called
        seen |= sources
        called |= functions
        waiting += [nodes[source] for source in sources]
        # A body's nodes name each other, not the graph's: they are taken all, and their inputs left alone.
        waiting += [_without_inputs(inner) for name in functions for inner in bodies[name]]


def _functions(node: NodeDef) -> Iterator[str]:
    for value in node.attr.values():
        yield value.func.name
        yield from (function.name for function in value.list.func)


def _without_inputs(node: NodeDef) -> NodeDef:
    copy = NodeDef()
    copy.CopyFrom(node)
    del copy.input[:]
    return copy
