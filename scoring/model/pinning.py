"""Devices that a model's author named, which are of the machine that it was trained or exported on.

A GPU that isn't there is passed over where a session places softly. Another process (`/job:worker`), as of a cluster
that trained the model, isn't: no operation on it can be placed at all. Here all are forgotten but this process' CPU.
"""

import atexit
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import tensorflow as tf
from tensorflow.core.framework.graph_pb2 import GraphDef
from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from scoring.model.signature import FILE

CPU = "/device:CPU:0"
HERE = (None, "localhost")


def unpin(graph: GraphDef) -> bool:
    """Forget the devices that `graph` and its functions name; whether there were any."""
    pinned = [(node, place) for node in _nodes(graph) if (place := _place(node.device)) != node.device]
    for node, place in pinned:
        node.device = place
    return bool(pinned)


def is_pinned(graph: GraphDef) -> bool:
    """Whether unpin() would change anything."""
    return any(_place(node.device) != node.device for node in _nodes(graph))


def unpinned_copy(saved_model: Path) -> Path:
    """The SavedModel with its graphs unpinned, in a folder of links to its other files, until this process ends."""
    definition = SavedModel.FromString((saved_model / FILE).read_bytes())
    for meta_graph in definition.meta_graphs:
        unpin(meta_graph.graph_def)
    folder = TemporaryDirectory(prefix="amlgpu-unpinned-")
    atexit.register(folder.cleanup)  # its assets may be read by any call
    for path in saved_model.iterdir():
        if path.name != FILE:
            (Path(folder.name) / path.name).symlink_to(path.absolute())
    (Path(folder.name) / FILE).write_bytes(definition.SerializeToString())
    return Path(folder.name)


def _nodes(graph: GraphDef) -> Iterator[NodeDef]:
    yield from graph.node
    for function in graph.library.function:
        yield from function.node_def


def _place(device: str) -> str:
    if not device:
        return ""
    try:
        named = tf.DeviceSpec.from_string(device)
    except ValueError:
        return ""
    return CPU if named.device_type == "CPU" and named.job in HERE else ""
