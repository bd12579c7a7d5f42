"""Pipeline jobs as graphs for the engine of pipelines."""

from typing import NamedTuple

from azureml_emulator.azure.arm.jobs.keys import PIPELINE_JOB, SETTINGS
from azureml_emulator.azure.arm.jobs.nodes import Nodes, Ports, Scope
from azureml_emulator.azure.arm.jobs.ports import source
from azureml_emulator.azure.arm.jobs.refusals import refuse_ignored, runs_as_user
from azureml_emulator.azure.arm.strictness import refuse_unknown
from azureml_emulator.azure.pipelines.graphs.documents import create_pipeline_run
from azureml_emulator.azure.runs.commands.definition import Definition
from azureml_emulator.errors import BadRequest
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

_MOST = 1000
"""Commands of one pipeline."""


class Translated(NamedTuple):
    commands: dict[str, Definition]
    outputs: Ports
    """Of the pipeline: by whom they are written."""


def translate(workspace: LocalWorkspace, properties: Document) -> Translated:
    """Raises an ApiError that names what of a definition is wrong, missing, or not to be had here."""
    refuse_ignored(properties, PIPELINE_JOB, "the job")
    settings = properties.get("settings") or {}
    refuse_unknown(settings, SETTINGS, "settings of the job")
    scope = Scope(
        jobs=properties["jobs"],
        inputs={
            name: source(workspace, sent, f"inputs.{name}")
            for name, sent in (properties.get("inputs") or {}).items()
            if sent
        },
        outputs={name: sent or {} for name, sent in (properties.get("outputs") or {}).items()},
        compute=settings.get("default_compute") or properties.get("computeId"),
        datastore=settings.get("default_datastore"),
        force_rerun=bool(settings.get("force_rerun")),
    )
    as_user = runs_as_user(properties.get("identity"), "the job")
    nodes, commands = Nodes(workspace), dict[str, Definition]()
    for identifier, definition in nodes.commands(scope):
        commands[identifier] = definition
        definition["as_user"] |= as_user
        if len(commands) > _MOST:
            raise BadRequest(f"the pipeline has more than {_MOST} commands")
    if not commands:
        raise BadRequest("the pipeline has no jobs")
    _refuse_circles(commands)
    return Translated(commands, nodes.outputs_of(scope))


def create(workspace: LocalWorkspace, name: str, properties: Document, translated: Translated) -> None:
    """The pipeline run, which the engine then starts."""
    literals = {
        key: str(sent["value"])
        for key, sent in (properties.get("inputs") or {}).items()
        if sent and str(sent["jobInputType"]).lower() == "literal"
    }
    graph = _graph(name, translated)
    interface = {"Parameters": [{"Name": key, "DefaultValue": value} for key, value in literals.items()]}
    workspace.store.put("graph", name, {"graph": graph, "interface": interface})
    settings = properties.get("settings") or {}
    going_on = settings.get("continue_on_step_failure") or settings.get("continue_run_on_step_failure")
    submission = {
        "Description": properties.get("description"),
        "tags": properties.get("tags") or {},
        "Properties": properties.get("properties") or {},
        "ContinueExperimentOnNodeFailure": bool(going_on),
    }
    run = create_pipeline_run(
        workspace, experiment=properties["experimentName"], graph_id=name, submission=submission, run_id=name
    )
    more = {"_display_name": properties.get("displayName") or name, "_outputs": translated.outputs}
    workspace.store.put("pipeline run", name, run | more)


def _graph(name: str, translated: Translated) -> Document:
    """As SDK v1 reads one: each node with the component in the place of a module, edges where data goes."""
    nodes = [
        {"Id": identifier, "ModuleId": one["component"], "Name": one["name"], "_definition": one}
        for identifier, one in translated.commands.items()
    ]
    edges = [
        {
            "SourceOutputPort": {"NodeId": one["node"], "PortName": one["output"], "GraphPortName": None},
            "DestinationInputPort": {"NodeId": identifier, "PortName": port, "GraphPortName": None},
        }
        for identifier, definition in translated.commands.items()
        for port, one in definition["inputs"].items()
        if "node" in one
    ]
    edges += [
        {
            "SourceOutputPort": {"NodeId": one["node"], "PortName": one["output"], "GraphPortName": None},
            "DestinationInputPort": {"NodeId": None, "PortName": None, "GraphPortName": port},
        }
        for port, one in translated.outputs.items()
    ]
    return {"Id": name, "ModuleNodes": nodes, "DatasetNodes": [], "Edges": edges}


def _refuse_circles(commands: dict[str, Definition]) -> None:
    """Raises BadRequest where nodes wait for each other: such a pipeline would never end."""
    waiting = {
        identifier: {one["node"] for one in definition["inputs"].values() if "node" in one}
        for identifier, definition in commands.items()
    }
    while ready := [identifier for identifier, before in waiting.items() if not before & waiting.keys()]:
        for identifier in ready:
            del waiting[identifier]
    if waiting:
        raise BadRequest(f"these nodes wait for each other: {', '.join(sorted(waiting))}")
