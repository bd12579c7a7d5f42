"""Keeps the decoding of images on the processor of a machine that has a GPU, and lets many be decoded at once.

No GPU decodes JPEG in TensorFlow. What follows it in the loop over a batch's images, such as resizing, does have an
implementation for GPUs, and TensorFlow's placer takes it: each image is then copied to the GPU and each operation on it
started there by itself. The whole loop on the processor leaves one copy of a whole batch. `tf.map_fn` goes through ten
images at once unless its author said otherwise, on however many cores.
"""

from collections.abc import Iterator, Mapping

from tensorflow.core.framework.graph_pb2 import GraphDef
from tensorflow.core.framework.node_def_pb2 import NodeDef

DECODERS = ("DecodeAndCropJpeg", "DecodeBmp", "DecodeGif", "DecodeImage", "DecodeJpeg", "DecodePng", "DecodeWebP")
NETWORKS = ("BatchMatMul", "Conv", "CudnnRNN", "DepthwiseConv", "Einsum", "MatMul", "SparseMatMul")
"""Prefixes of the operations that a GPU is for: a loop that holds one isn't only about decoding."""
LISTS = ("TensorArray", "TensorList")  # prefixes of the operations on what a loop reads from and writes to
CPU = "/device:CPU:0"
USUAL = 10  # images at once, where the author of a loop said nothing
AT_ONCE = 64  # images: as many as fill the cores of any node with some in hand

Frames = Mapping[str, tuple[str, ...]]
"""The loops that each node is in, the outermost first, by TensorFlow 1's control flow, which a frozen graph has."""


def keep_decoding_on_cpu(graph: GraphDef) -> None:
    """Place the loops of `graph` that decode images, and the lists that they read and write, on the CPU.

    A loop that the network itself is in stays where it is.
    """
    frames = _frames(graph)
    loops = _loops_of(graph, frames, DECODERS) - _loops_of(graph, frames, NETWORKS)
    inside = {name for name, frame in frames.items() if frame and frame[0] in loops}
    for node in graph.node:
        outermost = node.op == "Enter" and node.name in inside and frames[node.name] == (_frame_name(node),)
        if outermost and node.attr["parallel_iterations"].i == USUAL:
            node.attr["parallel_iterations"].i = AT_ONCE
    lists = {node.name for node in _lists(graph, inside)}
    for node in graph.node:
        if node.name in inside or node.name in lists:
            node.device = CPU
            node.attr["_XlaCompile"].b = False  # for each size of image, it would be: mark_for_compilation_pass.cc


def _loops_of(graph: GraphDef, frames: Frames, operations: tuple[str, ...]) -> set[str]:
    """The outermost loops with an operation of these prefixes in them."""
    return {frames[node.name][0] for node in graph.node if node.op.startswith(operations) and frames.get(node.name)}


def _lists(graph: GraphDef, inside: set[str]) -> Iterator[NodeDef]:
    """The operations that make the lists of the loops whose nodes are `inside`, and those that read their results."""
    nodes = {node.name: node for node in graph.node}
    exits = {node.name for node in graph.node if node.op == "Exit" and _sources(node)[0] in inside}
    for node in graph.node:
        if node.name in exits or (node.op.startswith(LISTS) and exits & {*_sources(node)}):
            yield node
        if node.op == "Enter" and node.name in inside:
            yield from (nodes[name] for name in _sources(node) if nodes[name].op.startswith(LISTS))


def _frames(graph: GraphDef) -> Frames:
    users: dict[str, list[NodeDef]] = {}
    for node in graph.node:
        for source in _sources(node):
            users.setdefault(source, []).append(node)
    frames: dict[str, tuple[str, ...]] = {node.name: () for node in graph.node if not node.input}
    waiting = [*frames]
    while waiting:
        name = waiting.pop()
        for user in users.get(name, ()):
            if user.name not in frames:
                frames[user.name] = _frame(user, frames[name])
                waiting.append(user.name)
    return frames


def _frame(node: NodeDef, source: tuple[str, ...]) -> tuple[str, ...]:
    """The loops that `node` is in, whose input is in those of `source`."""
    if node.op == "Enter":
        return (*source, _frame_name(node))
    return source[:-1] if node.op == "Exit" else source


def _frame_name(node: NodeDef) -> str:
    name: str = node.attr["frame_name"].s.decode()
    return name


def _sources(node: NodeDef) -> list[str]:
    """The nodes that the inputs `name`, `name:1` or `^name` come from."""
    return [source.removeprefix("^").partition(":")[0] for source in node.input]
