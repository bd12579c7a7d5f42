"""Folds what scales and shifts a convolution's output into its weights and one bias.

TensorFlow's optimiser makes a multiplication and an addition of a batch normalisation and folds them into a convolution
without a bias. After a convolution with one, as in Keras' ResNet-50, it leaves both: a pass over all activations each.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tensorflow.core.framework.graph_pb2 import GraphDef
from tensorflow.core.framework.node_def_pb2 import NodeDef

Float64 = npt.NDArray[np.float64]

CONVOLUTIONS = ("Conv2D", "DepthwiseConv2dNative")
Step = Callable[[Float64, Float64, Float64], tuple[Float64, Float64]]
STEPS: dict[str, Step] = {
    "AddV2": lambda scale, shift, value: (scale, shift + value),
    "BiasAdd": lambda scale, shift, value: (scale, shift + value),
    "Mul": lambda scale, shift, value: (scale * value, shift * value),
    "Sub": lambda scale, shift, value: (scale, shift - value),
}


@dataclass(frozen=True)
class Chain:
    """A convolution whose output y becomes y * scale + shift, channel by channel, in `steps`, one after the other."""

    convolution: NodeDef
    steps: tuple[NodeDef, ...]
    scale: Float64
    shift: Float64


def fold_scales(graph: GraphDef, kept: Iterable[str]) -> GraphDef:
    """`graph` with every such chain that holds a multiplication folded into its convolution.

    `kept` names the nodes whose output is asked for. A chain ends where a value is used more than once.
    """
    nodes = {node.name: node for node in graph.node}
    users = _users(graph, kept)
    chains = [chain for node in graph.node if (chain := _chain(node, nodes, users))]
    gone = {node.name for chain in chains for node in (chain.convolution, *chain.steps)}
    found = [node for node in graph.node if node.name not in gone]
    for chain in chains:
        found.extend(_fold(chain, nodes))
    folded = GraphDef(node=found, versions=graph.versions, library=graph.library)
    _drop_unused_constants(folded, kept)
    return folded


def _users(graph: GraphDef, kept: Iterable[str]) -> Mapping[str, list[NodeDef | None]]:
    """The nodes that use each node, once for every use; None where its output is asked for."""
    users: dict[str, list[NodeDef | None]] = {name: [None] for name in kept}
    for node in graph.node:
        for source in node.input:
            users.setdefault(_node_name(source), []).append(node)
    return users


def _chain(node: NodeDef, nodes: Mapping[str, NodeDef], users: Mapping[str, list[NodeDef | None]]) -> Chain | None:
    """The chain that begins with `node`; None when there is nothing to fold."""
    if node.op not in CONVOLUTIONS or node.attr["data_format"].s != b"NHWC" or _constant(nodes, node.input[1]) is None:
        return None
    channels = _output_channels(node, nodes)
    scale, shift = np.ones(channels), np.zeros(channels)
    steps = [*_steps(node, nodes, users, channels)]
    for step, value in steps:
        scale, shift = STEPS[step.op](scale, shift, value)
    if not any(step.op == "Mul" for step, _ in steps):
        return None
    return Chain(node, tuple(step for step, _ in steps), scale, shift)


def _steps(
    node: NodeDef, nodes: Mapping[str, NodeDef], users: Mapping[str, list[NodeDef | None]], channels: int
) -> Iterator[tuple[NodeDef, Float64]]:
    """The nodes after the convolution `node`, each the only user of the one before it, and their constants [channels]."""
    while True:
        (user, *others) = users.get(node.name, [None])
        if user is None or others or user.op not in STEPS or len(user.input) != 2:
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
    if value is None or value.ndim > 4 or value.size not in (1, channels) or value.shape[-1:] not in ((), (1,), (channels,)):
        return None
    return np.broadcast_to(value.astype(np.float64).reshape(-1), (channels,))


def _fold(chain: Chain, nodes: Mapping[str, NodeDef]) -> Iterator[NodeDef]:
    """The nodes in place of `chain`'s; the last bears the name of its last step, by which others know it."""
    convolution = NodeDef()
    convolution.CopyFrom(chain.convolution)
    weights = _constant(nodes, convolution.input[1])
    assert weights is not None  # noqa: S101 -- or there would be no chain
    # A depthwise convolution's output channels are its weights' last two axes.
    scale = chain.scale if convolution.op == "Conv2D" else chain.scale.reshape(weights.shape[2:])
    yield (scaled := _const_node(f"{convolution.name}/scaled", weights * scale, weights.dtype))
    yield (shift := _const_node(f"{convolution.name}/shift", chain.shift, weights.dtype))
    convolution.input[1] = scaled.name
    yield convolution
    bias = NodeDef(op="BiasAdd", name=chain.steps[-1].name, input=[convolution.name, shift.name])
    bias.device = convolution.device
    bias.attr["T"].CopyFrom(convolution.attr["T"])
    bias.attr["data_format"].s = b"NHWC"
    yield bias


def _drop_unused_constants(graph: GraphDef, kept: Iterable[str]) -> None:
    constants = {node.name for node in graph.node if node.op == "Const"}
    for node in graph.node:
        # There is nothing to wait for in a constant, but what waits for it would keep it.
        node.input[:] = [source for source in node.input if source.removeprefix("^") not in constants or source[0] != "^"]
    used = {_node_name(source) for node in graph.node for source in node.input}.union(kept)
    unused = [number for number, node in enumerate(graph.node) if node.name in constants - used]
    for number in reversed(unused):
        del graph.node[number]


def _output_channels(node: NodeDef, nodes: Mapping[str, NodeDef]) -> int:
    shape = _constant(nodes, node.input[1]).shape  # type: ignore[union-attr]
    return int(shape[3] if node.op == "Conv2D" else shape[2] * shape[3])


def _constant(nodes: Mapping[str, NodeDef], source: str) -> npt.NDArray[Any] | None:
    node = nodes.get(source)
    return tf.make_ndarray(node.attr["value"].tensor) if node is not None and node.op == "Const" else None


def _const_node(name: str, value: Float64, dtype: np.dtype[Any]) -> NodeDef:
    node = NodeDef(op="Const", name=name)
    tensor = tf.make_tensor_proto(value.astype(dtype))
    node.attr["dtype"].type = tensor.dtype
    node.attr["value"].tensor.CopyFrom(tensor)
    return node


def _node_name(source: str) -> str:
    """The node that an input `name`, `name:1` or `^name` comes from."""
    return source.removeprefix("^").partition(":")[0]
