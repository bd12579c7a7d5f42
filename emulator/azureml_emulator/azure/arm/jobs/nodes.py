"""The nodes of a pipeline job, those of its pipeline components among them, as commands that name each other."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from azureml_emulator.azure.arm.assets.references import asset_of
from azureml_emulator.azure.arm.assets.specifications import Component
from azureml_emulator.azure.arm.jobs.commands import of_component
from azureml_emulator.azure.arm.jobs.keys import NODE
from azureml_emulator.azure.arm.jobs.ports import DATA, in_default_store, input_mode, source, target
from azureml_emulator.azure.arm.jobs.refusals import refuse_ignored, refuse_kind
from azureml_emulator.azure.arm.jobs.shapes import Given, Node, NodeOfJob
from azureml_emulator.azure.arm.strictness import refuse_unknown
from azureml_emulator.azure.runs.commands.definition import Definition, Source, Target
from azureml_emulator.errors import BadRequest
from azureml_emulator.server.requests.shapes import checked
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

PARENT_INPUT = re.compile(r"\$\{\{\s*parent\.inputs\.([\w.-]+)\s*\}\}")
"""What a node has for an input of the pipeline that it is in; the group is the input's name."""
_PARENT_OUTPUT = re.compile(r"\$\{\{\s*parent\.outputs\.([\w.-]+)\s*\}\}")
_NODE_OUTPUT = re.compile(r"\$\{\{\s*parent\.jobs\.([\w-]+)\.outputs\.([\w.-]+)\s*\}\}")
_DEEPEST = 10
"""Pipeline components within each other."""
_MOST = 10_000
"""Nodes of one pipeline: a few components that hold each other several times make any number."""
Ports = dict[str, Source]


@dataclass(frozen=True)
class Scope:
    """What the nodes of one pipeline, or of one pipeline component in it, find around them."""

    jobs: Document
    inputs: Ports
    outputs: dict[str, Document]
    """As the pipeline says them."""
    compute: str | None
    datastore: str | None
    force_rerun: bool
    prefix: str = ""
    depth: int = 0


class Nodes:
    """Walks the definition once; components are looked up in the workspace."""

    def __init__(self, workspace: LocalWorkspace) -> None:
        self._workspace = workspace
        self._specs: dict[str, Document] = {}
        self._paths: set[str] = set()
        self._written_by: dict[str, Ports] = {}
        """Outputs of pipeline components, by the prefix of their nodes."""

    def commands(self, scope: Scope) -> Iterator[tuple[str, Definition]]:
        """Each command's id, which is its path in the pipeline, and its definition. Raises an ApiError."""
        if scope.depth > _DEEPEST:
            raise BadRequest(f"pipeline components lie more than {_DEEPEST} deep in each other")
        for name, sent in self._sent(scope):
            where = f"jobs.{scope.prefix}{name}"
            node: Document = checked(Node if scope.depth else NodeOfJob, sent, where)
            refuse_ignored(node, NODE, where)
            spec = self._spec(node, where)
            inputs = self._inputs(scope, node, spec, where)
            if spec["type"] == "pipeline":
                yield from self.commands(self._inner(scope, name, node, spec, inputs, where))
            else:
                outputs = self._outputs(scope, node, spec, where)
                known = node | {"name": name, "where": where, "component": _component(node)}
                known |= {"compute": self._compute(scope, node), "force_rerun": scope.force_rerun}
                yield scope.prefix + name, of_component(self._workspace, spec, known, inputs, outputs)

    def outputs_of(self, scope: Scope) -> Ports:
        """By the name of a pipeline's output: the output of the command that writes it. Raises BadRequest."""
        if known := self._written_by.get(scope.prefix):
            return known
        found: Ports = {}
        for name, sent in self._sent(scope):
            for port, value in (checked(Node, sent, f"jobs.{name}").get("outputs") or {}).items():
                if named := _PARENT_OUTPUT.fullmatch(_text(value)):
                    found[named[1]] = self._written(scope, name, port, f"jobs.{scope.prefix}{name}.outputs.{port}")
        self._written_by[scope.prefix] = found
        return found

    def _sent(self, scope: Scope) -> Iterator[tuple[str, Document]]:
        """The nodes, as they were sent. Raises BadRequest where these and those before are too many."""
        for name, sent in scope.jobs.items():
            self._paths.add(scope.prefix + name)
            if len(self._paths) > _MOST:
                raise BadRequest(f"the pipeline has more than {_MOST} nodes, with those of its components")
            yield name, sent

    def _spec(self, node: Document, where: str) -> Document:
        reference, kind = _component(node), node.get("type") or "command"
        if kind not in ("command", "pipeline"):
            refuse_kind(kind, f"nodes, as {where},")
        if not reference:
            raise BadRequest(f"{where} lacks 'componentId'")
        if reference not in self._specs:
            found = asset_of(self._workspace, "components", reference)["properties"]["componentSpec"]
            self._specs[reference] = checked(Component, found, f"the component of {where}")
            if (kind := self._specs[reference]["type"]) not in ("command", "pipeline"):
                refuse_kind(kind, f"components, as that of {where},")
        return self._specs[reference]

    def _inner(self, scope: Scope, name: str, node: Document, spec: Document, inputs: Ports, where: str) -> Scope:
        outputs = {}
        for port in spec.get("outputs") or {}:
            sent = (node.get("outputs") or {}).get(port)
            outputs[port] = self._sent_output(scope, sent, (spec["outputs"][port] or {}), f"{where}.outputs.{port}")
        return replace(
            scope,
            jobs=spec.get("jobs") or {},
            inputs=inputs,
            outputs=outputs,
            compute=self._compute(scope, node),
            prefix=f"{scope.prefix}{name}.",
            depth=scope.depth + 1,
        )

    def _inputs(self, scope: Scope, node: Document, spec: Document, where: str) -> Ports:
        declared, given = spec.get("inputs") or {}, node.get("inputs") or {}
        if unknown := given.keys() - declared.keys():
            raise BadRequest(
                f"{where} has no input '{min(unknown)}'; its component has {', '.join(declared) or 'none'}"
            )
        found = {}
        for name, said in declared.items():
            port = said or {}
            value = self._bound(scope, given.get(name), port, f"{where}.inputs.{name}")
            if value is None and port.get("default") is not None:
                value = Source(literal=str(port["default"]))
            if value is not None:
                found[name] = value
            elif str(port.get("optional")).lower() != "true":
                raise BadRequest(f"{where} lacks a value for the input '{name}'")
        return found

    def _bound(self, scope: Scope, value: Any, port: Document, where: str) -> Source | None:
        """What an input of a node gets; None where an optional input of the pipeline has no value."""
        if value is None:
            return None
        sent: Document = _given(value, where) if isinstance(value, dict) else {"value": value}
        text = _text(value)
        mode = sent.get("mode") or port.get("mode")
        if parent := PARENT_INPUT.fullmatch(text):
            return _with_mode(self._pipeline_input(scope, parent[1], where), mode, where)
        if node := _NODE_OUTPUT.fullmatch(text):
            if node[1] not in scope.jobs:
                raise BadRequest(f"{where} names the node '{node[1]}'; there is {', '.join(scope.jobs)}")
            return _with_mode(self._written(scope, node[1], node[2], where), mode, where)
        kind = str(sent.get("job_input_type") or sent.get("type") or port.get("type") or "literal").lower()
        if kind in DATA:
            uri = {"jobInputType": kind, "uri": sent.get("uri") or sent.get("path") or text, "mode": mode}
            return source(self._workspace, uri, where)
        return Source(literal=text)

    def _pipeline_input(self, scope: Scope, name: str, where: str) -> Source | None:
        if name in scope.inputs:
            return scope.inputs[name]
        if scope.depth == 0:
            raise BadRequest(f"{where} names the pipeline's input '{name}'; it has {', '.join(scope.inputs) or 'none'}")
        return None

    def _written(self, scope: Scope, name: str, port: str, where: str) -> Source:
        """The output of a node; of a pipeline component, that of the command in it which writes it."""
        node: Document = checked(Node, scope.jobs[name], f"jobs.{scope.prefix}{name}")
        spec = self._spec(node, f"jobs.{scope.prefix}{name}")
        if port not in (spec.get("outputs") or {}):
            known = ", ".join(spec.get("outputs") or {}) or "none"
            raise BadRequest(f"{where} names the output '{port}' of '{name}'; it has {known}")
        if spec["type"] != "pipeline":
            return Source(node=scope.prefix + name, output=port, mode="mount")
        if scope.depth >= _DEEPEST:
            raise BadRequest(f"pipeline components lie more than {_DEEPEST} deep in each other")
        inner = replace(scope, jobs=spec.get("jobs") or {}, prefix=f"{scope.prefix}{name}.", depth=scope.depth + 1)
        found = self.outputs_of(inner)
        if port not in found:
            raise BadRequest(f"{where}: no node of the component of '{name}' writes its output '{port}'")
        return found[port]

    def _outputs(self, scope: Scope, node: Document, spec: Document, where: str) -> dict[str, Target]:
        declared, given = spec.get("outputs") or {}, node.get("outputs") or {}
        if unknown := given.keys() - declared.keys():
            known = ", ".join(declared) or "none"
            raise BadRequest(f"{where} has no output '{min(unknown)}'; its component has {known}")
        found = {}
        for name, port in declared.items():
            at = f"{where}.outputs.{name}"
            sent = self._sent_output(scope, given.get(name), port or {}, at)
            found[name] = in_default_store(self._workspace, target(self._workspace, sent, at), scope.datastore)
        return found

    def _sent_output(self, scope: Scope, value: Any, port: Document, where: str) -> Document:
        """As a job's output is said: by the node, or by the pipeline whose output it is."""
        sent: Document = _given(value, where) if isinstance(value, dict) else {}
        kind = port.get("type") or sent.get("job_output_type") or "uri_folder"
        own: Document = {"jobOutputType": kind, "uri": sent.get("uri") or sent.get("path")}
        own |= {"mode": sent.get("mode") or port.get("mode"), "assetName": sent.get("name")}
        if not (named := _PARENT_OUTPUT.fullmatch(_text(value))):
            return own
        if named[1] not in scope.outputs:
            known = ", ".join(scope.outputs) or "none"
            raise BadRequest(f"{where} names the pipeline's output '{named[1]}'; it has {known}")
        of_pipeline = {key: one for key, one in scope.outputs[named[1]].items() if one}
        return own | of_pipeline | {"jobOutputType": kind}

    def _compute(self, scope: Scope, node: Document) -> str | None:
        reference = node.get("computeId") or node.get("compute")
        if reference and (named := PARENT_INPUT.fullmatch(reference)):
            reference = (scope.inputs.get(named[1]) or {}).get("literal")
        return reference or scope.compute


def _given(value: Document, where: str) -> Document:
    refuse_unknown(value, Given.__annotations__, where)
    sent: Document = checked(Given, value, where)
    return sent


def _component(node: Document) -> str:
    return str(node.get("componentId") or node.get("component") or "")


def _text(value: Any) -> str:
    """Of a value that may be bound to another: itself, or its `value` or `path`."""
    if isinstance(value, dict):
        value = next((value[key] for key in ("value", "path", "uri") if value.get(key) is not None), "")
    return str(value)


def _with_mode(found: Source | None, mode: object, where: str) -> Source | None:
    if found is None or "literal" in found or not mode:
        return found
    changed = Source(**found)
    changed["mode"] = input_mode(mode, where)
    return changed
