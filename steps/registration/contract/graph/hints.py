"""What the graph tells of a signature's inputs and outputs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import tensorflow as tf
from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.core.protobuf.meta_graph_pb2 import MetaGraphDef

from steps.registration.contract.graph.tracing import Graph, Scope

Strings = Literal["jpeg", "text", "base64", "example", "file"]
DECODERS = {"DecodeJpeg", "DecodeAndCropJpeg", "DecodePng", "DecodeImage", "DecodeGif", "DecodeWebP"}
EXAMPLES = {"ParseExample", "ParseExampleV2", "ParseSingleExample", "ParseSequenceExample", "ParseSequenceExampleV2"}
VARIABLES = {"VarHandleOp", "VariableV2", "Variable"}
BASE64 = {"DecodeBase64"}
FILES = {"ReadFile"}
TEXTS = (
    "LookupTableFind", "RegexReplace", "StaticRegexReplace", "RegexFullMatch", "StringLower", "StringUpper",
    "StringSplit", "StringStrip", "StringToHashBucket", "StringNGrams", "StringLength", "StringToNumber", "Substr",
    "UnicodeDecode", "UnicodeTranscode", "UnicodeScript", "Wordpiece", "Sentencepiece", "Bytesplit", "Whitespace",
)  # fmt: skip
"""How operations on texts begin; those of tensorflow_text among them."""
FEW_BITS = {tf.float16.as_datatype_enum, tf.bfloat16.as_datatype_enum}
WHOLE_RANGE = (255.0, 127.5)
"""By which a graph divides the values 0-255, or multiplies by the reciprocal, as keras.layers.Rescaling does."""


@dataclass(frozen=True)
class Hints:
    """By the signature's names for its inputs and outputs; a name that is missing has nothing to tell."""

    strings: Mapping[str, tuple[Strings, str]] = field(default_factory=dict)
    """What a string input is, and the operation that tells."""
    divided: Mapping[str, str] = field(default_factory=dict)
    """Of a number input whose values the graph itself takes as 0-255: by which number it divides them."""
    last: Mapping[str, str] = field(default_factory=dict)
    """The operation that computes an output."""
    ranks_unknown: frozenset[str] = frozenset()
    """Inputs of which not even the number of dimensions is known."""
    coarse: bool = False
    """Whether anything is computed in 16 bits, or in whole numbers that stand for others."""


def read_hints(meta_graph: MetaGraphDef, key: str) -> Hints:
    graph = Graph(meta_graph.graph_def)
    signature = meta_graph.signature_def[key]
    inputs = {name: info.name.partition(":")[0] for name, info in signature.inputs.items()}
    last = {name: graph.source(info.name) for name, info in signature.outputs.items()}
    return Hints(
        strings={
            name: found
            for name, node in inputs.items()
            if signature.inputs[name].dtype == tf.string.as_datatype_enum
            and (found := _string(graph.reached(node))) is not None
        },
        divided={
            name: number
            for name, node in inputs.items()
            if signature.inputs[name].dtype != tf.string.as_datatype_enum
            and (number := _divided(graph, node)) is not None
        },
        last={name: node.op for name, node in last.items() if node is not None},
        ranks_unknown=frozenset(name for name, info in signature.inputs.items() if info.tensor_shape.unknown_rank),
        coarse=any(_is_coarse(node) for node in _all_nodes(meta_graph)),
    )


def _all_nodes(meta_graph: MetaGraphDef) -> Iterator[NodeDef]:
    yield from meta_graph.graph_def.node
    for function in meta_graph.graph_def.library.function:
        yield from function.node_def


def _is_coarse(node: NodeDef) -> bool:
    return "Quant" in node.op or any(value.type in FEW_BITS for value in node.attr.values())


def has_variables(meta_graph: MetaGraphDef) -> bool:
    return any(node.op in VARIABLES for node in meta_graph.graph_def.node)


def _string(operations: set[str]) -> tuple[Strings, str] | None:
    kinds: tuple[tuple[Strings, set[str]], ...] = (
        ("example", EXAMPLES), ("file", FILES), ("base64", BASE64), ("jpeg", DECODERS),
        ("text", {operation for operation in operations if operation.startswith(TEXTS)}),
    )  # fmt: skip
    for kind, telling in kinds:
        if found := sorted(operations & telling):
            return kind, found[0]
    return None


def _divided(graph: Graph, node: str) -> str | None:
    """The number, where all that the graph does with the input begins with that division."""
    users = list(graph.first_users(graph.top, node))
    numbers = {_divisor(graph, *user) for user in users}
    if len(numbers) != 1 or None in numbers:
        return None
    (number,) = numbers
    return f"{number:g}"


def _divisor(graph: Graph, scope: Scope, node: NodeDef, position: int) -> float | None:
    if node.op not in {"Mul", "RealDiv"} or (node.op == "RealDiv" and position != 0):
        return None
    value = _constant(graph, scope, node.input[1 - position])
    if not value:
        return None
    divisor = value if node.op == "RealDiv" else 1 / value
    return next((whole for whole in WHOLE_RANGE if abs(divisor - whole) < whole / 1000), None)


def _constant(graph: Graph, scope: Scope, tensor: str) -> float | None:
    found = graph.trace(scope, tensor)
    if found is None or found[1].op != "Const":
        return None
    value = tf.make_ndarray(found[1].attr["value"].tensor)
    return float(value.reshape(-1)[0]) if value.size == 1 else None
