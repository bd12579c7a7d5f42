"""Follows a tensor through a SavedModel's graph and the functions that it calls; nothing is loaded or run.

A function's body names a tensor "node:output:number" or by an argument, the graph itself "node:number"
(tensorflow/core/framework/function.proto, graph.proto).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from tensorflow.core.framework.function_pb2 import FunctionDef
from tensorflow.core.framework.graph_pb2 import GraphDef
from tensorflow.core.framework.node_def_pb2 import NodeDef

CALLS = {"PartitionedCall", "StatefulPartitionedCall"}
SAME = {"Identity", "IdentityN", "Cast", "StopGradient", "EnsureShape", "Squeeze", "Reshape", "ExpandDims"}
"""They change a tensor's form, not its values."""
CHOICES = {"If", "StatelessIf", "Case", "StatelessCase"}
"""Their first input decides which function is called, and isn't passed on to it."""


@dataclass(frozen=True)
class Body:
    """The graph, or the body of a function; `returns` has the tensors in the order of its outputs."""

    nodes: Mapping[str, NodeDef]
    arguments: tuple[str, ...] = ()
    returns: tuple[str, ...] = ()

    @cached_property
    def users(self) -> Mapping[str, list[tuple[NodeDef, int]]]:
        """The nodes that take what a node or an argument gives, with the position at which they take it."""
        users = defaultdict(list)
        for node in self.nodes.values():
            for position, tensor in enumerate(node.input):
                if not tensor.startswith("^"):
                    users[tensor.partition(":")[0]].append((node, position))
        return users


@dataclass(frozen=True)
class Scope:
    """A body, and the call that led there; None for the graph itself."""

    body: Body
    caller: "tuple[Scope, NodeDef] | None" = None


class Graph:
    """All nodes of a SavedModel, and its functions."""

    def __init__(self, graph: GraphDef) -> None:
        self.top = Scope(Body({node.name: node for node in graph.node}))
        self._functions = {function.signature.name: function for function in graph.library.function}
        self._bodies: dict[str, Body] = {}

    def source(self, tensor: str) -> NodeDef | None:
        """The node whose values `tensor` has, a name in the graph; None for what can't be followed."""
        found = self.trace(self.top, tensor)
        return found[1] if found else None

    def trace(self, scope: Scope, tensor: str) -> tuple[Scope, NodeDef] | None:
        """As source(), from anywhere, and where that node is."""
        name, _, place = tensor.partition(":")
        number = int(place.rpartition(":")[2] or 0)
        if name in scope.body.arguments:
            if scope.caller is None:
                return None
            outer, call = scope.caller
            return self.trace(outer, call.input[scope.body.arguments.index(name)])
        node = scope.body.nodes.get(name)
        if node is None:
            return None
        if node.op in SAME and node.input:
            return self.trace(scope, node.input[number if node.op == "IdentityN" else 0])
        if node.op in CALLS and (body := self._body(node.attr["f"].func.name)) and number < len(body.returns):
            return self.trace(Scope(body, (scope, node)), body.returns[number])
        return scope, node

    def first_users(self, scope: Scope, name: str) -> Iterator[tuple[Scope, NodeDef, int]]:
        """The nodes that first do something with the values of a node or an argument."""
        for node, position in scope.body.users.get(name, ()):
            if node.op in SAME and position == 0:
                yield from self.first_users(scope, node.name)
            elif node.op in CALLS and (body := self._body(node.attr["f"].func.name)):
                yield from self.first_users(Scope(body, (scope, node)), body.arguments[position])
            else:
                yield scope, node, position

    def reached(self, name: str) -> set[str]:
        """The operations that the values of a node in the graph may come to, through calls, loops and branches."""
        operations: set[str] = set()
        seen: set[tuple[int, str]] = set()
        waiting = [(self.top.body, name)]
        while waiting:
            body, name = waiting.pop()
            if (id(body), name) in seen:
                continue
            seen.add((id(body), name))
            for node, position in body.users.get(name, ()):
                operations.add(node.op)
                waiting.append((body, node.name))
                waiting.extend(self._entered(node, position))
        return operations

    def _entered(self, node: NodeDef, position: int) -> Iterator[tuple[Body, str]]:
        place = position - (node.op in CHOICES)
        for attribute in node.attr.values():
            for function in (attribute.func, *attribute.list.func):
                body = self._body(function.name)
                if body and 0 <= place < len(body.arguments):
                    yield body, body.arguments[place]

    def _body(self, name: str) -> Body | None:
        function = self._functions.get(name)
        if function is not None and name not in self._bodies:
            self._bodies[name] = _read_body(function)
        return self._bodies.get(name)


def _read_body(function: FunctionDef) -> Body:
    signature = function.signature
    return Body(
        {node.name: node for node in function.node_def},
        tuple(argument.name for argument in signature.input_arg),
        tuple(function.ret[output.name] for output in signature.output_arg),
    )
