"""Folds what scales and shifts a convolution's output into its weights and one bias.

TensorFlow's optimiser makes a multiplication and an addition of a batch normalisation and folds them into a convolution
without a bias. After a convolution with one, as in Keras' ResNet-50, it leaves both: a pass over all activations each.
"""

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tensorflow.core.framework.graph_pb2 import GraphDef
from tensorflow.core.framework.node_def_pb2 import NodeDef

Float64 = npt.NDArray[np.float64]

CONVOLUTIONS = ("Conv2D", "DepthwiseConv2dNative")
Effect = Callable[[Float64, Float64, Float64], tuple[Float64, Float64]]
EFFECTS: dict[str, Effect] = {
    "AddV2": lambda scale, shift, value: (scale, shift + value),
    "BiasAdd": lambda scale, shift, value: (scale, shift + value),
    "Mul": lambda scale, shift, value: (scale * value, shift * value),
    "Sub": lambda scale, shift, value: (scale, shift - value),
}


@dataclass(frozen=True)
class Chain:
    """A convolution and what scales and shifts its output, in `steps`, one after the other."""

    convolution: NodeDef
    steps: tuple[NodeDef, ...]
    weights: npt.NDArray[Any]
    """Scaled."""

    bias: npt.NDArray[Any]


def fold_scales(graph: GraphDef, kept: Collection[str]) -> GraphDef:
    """`graph` with every such chain that holds a multiplication folded into its convolution.

    `kept` names the nodes whose output is asked for. A chain ends where a value is used more than once.
    """
    nodes = {node.name: node for node in graph.node}
    users = _users(graph, kept)
    chains = [chain for node in graph.node if (chain := _chain(node, nodes, users))]
    if not chains:
        return graph
    gone = {node.name for chain in chains for node in (chain.convolution, *chain.steps)}
    found = [node for node in graph.node if node.name not in gone]
    for chain in chains:
        found.extend(_fold(chain, nodes))
    folded = GraphDef(node=found, versions=graph.versions, library=graph.library)
    _drop_unused_constants(folded, kept)
    return folded


def _users(graph: GraphDef, kept: Collection[str]) -> Mapping[str, list[NodeDef | None]]:
    """The nodes that use each node, once for every use; None where its output is asked for."""
    users: dict[str, list[NodeDef | None]] = {name: [None] for name in kept}
    for node in graph.node:
        for source in node.input:
            users.setdefault(_node_name(source), []).append(node)
    return users


def _chain(node: NodeDef, nodes: Mapping[str, NodeDef], users: Mapping[str, list[NodeDef | None]]) -> Chain | None:
    """The chain that begins with `node`; None when there is nothing to fold, or a number would grow out of its type."""
    weights = _constant(nodes, node.input[1]) if node.op in CONVOLUTIONS and _channels_last(node) else None
    if weights is None:
        return None
    # A depthwise convolution's output channels are its weights' last two axes.
    axes = weights.shape[3:] if node.op == "Conv2D" else weights.shape[2:]
    scale, shift = np.ones(math.prod(axes)), np.zeros(math.prod(axes))
    steps = [*_steps(node, nodes, users, math.prod(axes))]
    if not any(step.op == "Mul" for step, _ in steps):
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        for step, value in steps:
            scale, shift = EFFECTS[step.op](scale, shift, value)
        scaled = (weights * scale.reshape(axes)).astype(weights.dtype)
        bias = shift.astype(weights.dtype)
    if not (np.isfinite(scaled).all() and np.isfinite(bias).all()):
        return None
    return Chain(node, tuple(step for step, _ in steps), scaled, bias)


def _steps(
    node: NodeDef, nodes: Mapping[str, NodeDef], users: Mapping[str, list[NodeDef | None]], channels: int
) -> Iterator[tuple[NodeDef, Float64]]:
    """The nodes after the convolution `node`, each the only user of the one before, with their constants [channels]."""
    while True:
        (user, *others) = users.get(node.name, [None])
        if user is None or others or user.op not in EFFECTS or len(user.input) != 2 or not _channels_last(user):
            return
        value = _operand(user, node, nodes, channels)
        if value is None:
            return
        yield user, value
        node = user


def _operand(step: NodeDef, before: NodeDef, nodes: Mapping[str, NodeDef], channels: int) -> Float64 | None:
    """What `step` adds to or multiplies the output of `before` by; None unless that is one number a channel."""
    first, second = step.input
    if step.op in ("Sub", "BiasAdd") and _node_name(first) != before.name:
        return None
    value = _constant(nodes, second if _node_name(first) == before.name else first)
    if value is None or value.ndim > 4:
        return None
    if value.size != 1 and (value.size != channels or value.shape[-1] != channels):
        return None
    return np.broadcast_to(value.astype(np.float64).reshape(-1), (channels,))


def _fold(chain: Chain, nodes: Mapping[str, NodeDef]) -> Iterator[NodeDef]:
    """The nodes in place of `chain`'s; the last bears the name of its last step, by which others know it."""
    convolution = NodeDef()
    convolution.CopyFrom(chain.convolution)
    weights = _const_node(_new_name(f"{convolution.name}/scaled", nodes), chain.weights)
    bias = _const_node(_new_name(f"{convolution.name}/shift", nodes), chain.bias)
    # What the old constants wait for also says which loop they belong to.
    sources = [convolution.input[1], *(source for step in chain.steps for source in step.input)]
    waits = {wait for source in sources if _constant_node(nodes, source) for wait in nodes[source].input}
    for constant in (weights, bias):
        constant.input.extend(sorted(waits))
    convolution.input[1] = weights.name
    add = NodeDef(op="BiasAdd", name=chain.steps[-1].name, input=[convolution.name, bias.name])
    add.device = convolution.device
    add.attr["T"].CopyFrom(convolution.attr["T"])
    add.attr["data_format"].s = b"NHWC"
    yield from (weights, bias, convolution, add)


def _drop_unused_constants(graph: GraphDef, kept: Collection[str]) -> None:
    nodes = {node.name: node for node in graph.node}
    for node in graph.node:
        data = [source for source in node.input if source[0] != "^"]
        waits = {wait for source in node.input if source[0] == "^" for wait in _waits(source, nodes)}
        node.input[:] = [*data, *sorted(waits)]
    used = {_node_name(source) for node in graph.node for source in node.input}.union(kept)
    unused = [number for number, node in enumerate(graph.node) if node.op == "Const" and node.name not in used]
    for number in reversed(unused):
        del graph.node[number]


def _waits(source: str, nodes: Mapping[str, NodeDef]) -> Iterator[str]:
    """The control input `source`, or in place of a constant, which it would keep, what the constant waits for."""
    constant = _constant_node(nodes, source[1:])
    if constant is None:
        yield source
    else:
        for wait in constant.input:
            yield from _waits(wait, nodes)


def _constant(nodes: Mapping[str, NodeDef], source: str) -> npt.NDArray[Any] | None:
    node = _constant_node(nodes, source)
    return None if node is None else tf.make_ndarray(node.attr["value"].tensor)


def _constant_node(nodes: Mapping[str, NodeDef], source: str) -> NodeDef | None:
    node = nodes.get(source)
    return node if node is not None and node.op == "Const" else None


def _const_node(name: str, value: npt.NDArray[Any]) -> NodeDef:
    node = NodeDef(op="Const", name=name)
    tensor = tf.make_tensor_proto(value)
    node.attr["dtype"].type = tensor.dtype
    node.attr["value"].tensor.CopyFrom(tensor)
    return node


def _new_name(name: str, nodes: Mapping[str, NodeDef]) -> str:
    while name in nodes:
        name += "_"
    return name


def _channels_last(node: NodeDef) -> bool:
    """Also of a node whose layout makes no difference, or is the default."""
    return "data_format" not in node.attr or node.attr["data_format"].s == b"NHWC"


def _node_name(source: str) -> str:
    """The node that an input `name`, `name:1` or `^name` comes from."""
    return source.removeprefix("^").partition(":")[0]
