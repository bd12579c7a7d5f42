"""What a run of SDK v2 was given and what it writes, by name: of a job, and of a node of a pipeline job."""

from dataclasses import dataclass, field

from azureml_emulator.azure.arm.jobs.submission import KIND
from azureml_emulator.azure.runs.history.outputs import outputs_of
from azureml_emulator.state.store import Store
from azureml_emulator.studio.contents.links import Fact, asset_fact
from azureml_emulator.studio.contents.shapes import mapping, mappings
from azureml_emulator.wire import Document

_NODE = "azureml.nodeid"


@dataclass(frozen=True)
class Ports:
    inputs: list[Fact] = field(default_factory=list)
    outputs: list[Fact] = field(default_factory=list)
    """Of a pipeline those whose steps have started."""
    component: Fact | None = None
    """Of a node."""


def is_job(store: Store, run_id: str) -> bool:
    """Whether it was sent as one, and so can be started again from its definition."""
    return store.find(KIND, run_id) is not None


def ports_of(store: Store, run: Document) -> Ports:
    """Nothing for a run of SDK v1."""
    outputs = [Fact(name, _uri(one)) for name, one in outputs_of(store, run).items()]
    if job := store.find(KIND, run["runId"]):
        given = mapping(job["properties"].get("inputs"))
        return Ports([_given(name, mapping(one)) for name, one in given.items()], outputs)
    pipeline = store.find("pipeline run", str(run["parentRunId"])) or {}
    node = _definitions(store, pipeline).get(str(mapping(run["properties"]).get(_NODE)))
    if node is None:
        return Ports()
    inputs = [_bound(name, mapping(one), pipeline) for name, one in mapping(node["inputs"]).items()]
    return Ports(inputs, outputs, asset_fact("Component", node["component"]))


def node_name(identifier: str, node: Document) -> str:
    """For people: with the pipeline components that it lies in."""
    around = identifier.split(".")[:-1] if "_definition" in node else []
    return ".".join([*around, str(node.get("Name") or identifier)])


def _definitions(store: Store, pipeline: Document) -> dict[str, Document]:
    """Of the commands of a pipeline job, by their nodes."""
    graph = mapping((store.find("graph", str(pipeline.get("GraphId"))) or {}).get("graph"))
    nodes = mappings(graph.get("ModuleNodes"))
    return {str(node.get("Id")): node["_definition"] for node in nodes if "_definition" in node}


def _given(name: str, sent: Document) -> Fact:
    return asset_fact(name, sent.get("uri") or sent.get("value"))


def _bound(name: str, source: Document, pipeline: Document) -> Fact:
    """An output of another node is a link to the run that wrote it."""
    if "node" in source:
        run = mapping(mapping(pipeline["_nodes"]).get(source["node"])).get("RunId")
        return Fact(name, f"{source['output']} of {source['node']}", ("runs", str(run)) if run else ())
    return Fact(name, _uri(source) if "datastore" in source else str(source.get("literal", "")))


def _uri(place: Document) -> str:
    """In the short form, which SDK v2 takes as an input, too."""
    return f"azureml://datastores/{place['datastore']}/paths/{place['path']}"
