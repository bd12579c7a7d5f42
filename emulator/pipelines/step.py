"""One step of a pipeline run: what its graph node says it runs, worked out without running it."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from emulator.blobs.files import DATASTORE, blob_file
from emulator.errors import NotSupported
from emulator.execution.configuration import variables, with_parameters
from emulator.wire import Document
from emulator.workspace import LocalWorkspace

_GRAPH_PARAMETER = ("1", "GraphParameterName")
_ARGUMENT_KINDS = {"0": "Literal", "1": "Parameter", "2": "Input", "3": "Output"}
_DATA_REFERENCE = re.compile(r"\$AZUREML_DATAREFERENCE_(\w+)")


@dataclass(frozen=True)
class Output:
    """A folder on the default datastore that a step writes and later steps read."""

    datastore: str
    relative_path: str
    folder: Path

    def wire(self) -> Document:
        reference: Document = {"RelativePath": self.relative_path, "AmlDataStoreName": self.datastore}
        reference |= {"PathType": "Folder", "Container": DATASTORE, "Account": "local", "Uri": None}
        location: Document = {"StorageType": "AzureBlob", "StorageId": None}
        location |= {"DataReference": {"Type": "1", "AzureBlobReference": reference}}
        sizes = {"LogicalSizeInBytes": 0, "PhysicalSizeInBytes": 0, "Hash": None}
        return {"DataTypeId": "AnyDirectory", "DataLocation": location} | sizes


@dataclass(frozen=True)
class Step:
    run_id: str
    name: str
    module_id: str
    snapshot_id: str
    properties: dict[str, str]
    """What the SDK noted of the step's source: the git commit, branch and state."""
    script: str
    arguments: list[str]
    target: str | None
    variables: dict[str, str]
    outputs: dict[str, Output]
    run_config: Document
    kind: str
    """As the SDK names it: PythonScriptStep, CommandStep …"""
    command: list[str]
    """Instead of a script, to be run by a shell."""


def plan_step(
    workspace: LocalWorkspace,
    run_id: str,
    graph: Document,
    node: Document,
    graph_parameters: Document,
    outputs_of_nodes: dict[str, dict[str, Output]],
) -> Step:
    """Resolve parameters, inputs and outputs of a node. `outputs_of_nodes` holds those of the nodes that ran before.

    Raises NotSupported for an argument of a kind that the emulator does not have.
    """
    module = workspace.store.get("module", node["ModuleId"])
    definition = module["StructuredInterface"]
    parameters = node_parameters(definition, node, graph_parameters)
    run_config = with_parameters(json.loads(node.get("Runconfig") or module.get("Runconfig") or "{}") or {}, parameters)
    outputs = _outputs(workspace, run_id, node)
    inputs = _inputs(graph, node, outputs_of_nodes)
    folders = {name: str(port.folder) for name, port in (inputs | outputs).items()}
    arguments = _arguments(definition, parameters, folders)
    return Step(
        run_id=run_id,
        name=module["Name"],
        module_id=module["Id"],
        snapshot_id=module["StorageId"],
        properties=module.get("Properties") or {},
        script=parameters.get("Script") or run_config.get("script") or "",
        arguments=arguments,
        target=parameters.get("Target") or run_config.get("target"),
        variables={f"AZUREML_DATAREFERENCE_{name}": folder for name, folder in folders.items()}
        | _parameter_variables(definition, parameters)
        | variables(run_config),
        outputs=outputs,
        run_config=run_config,
        kind=module.get("StepType") or "PythonScriptStep",
        command=[str(parameters["Command"]), *arguments] if parameters.get("Command") else [],
    )


def node_parameters(definition: Document, node: Document, graph_parameters: Document) -> Document:
    """Values of all the parameters of a module, those of the pipeline in their places."""
    declared = [*(definition.get("Parameters") or []), *(definition.get("MetadataParameters") or [])]
    parameters = {entry["Name"]: entry.get("DefaultValue") for entry in declared}
    for entry in [*(node.get("ModuleParameters") or []), *(node.get("ModuleMetadataParameters") or [])]:
        by_name = str(entry.get("ValueType")) in _GRAPH_PARAMETER
        parameters[entry["Name"]] = graph_parameters[entry["Value"]] if by_name else entry.get("Value")
    return parameters


def _parameter_variables(definition: Document, parameters: Document) -> dict[str, str]:
    """The `params` of a step, which its script finds as AML_PARAMETER_NAME."""
    return {
        entry.get("EnvironmentVariableOverride") or f"AML_PARAMETER_{entry['Name']}": str(parameters[entry["Name"]])
        for entry in definition.get("Parameters") or []
        if entry.get("SetEnvironmentVariable") and parameters[entry["Name"]] is not None
    }


def _outputs(workspace: LocalWorkspace, run_id: str, node: Document) -> dict[str, Output]:
    outputs = {}
    for setting in node.get("ModuleOutputSettings") or []:
        options = setting.get("DatasetOutputOptions") or {}
        template = options.get("PathOnDatastore") or "azureml/{run-id}/{output-name}"
        path = template.replace("{run-id}", run_id).replace("{output-name}", setting["Name"])
        folder = blob_file(workspace, DATASTORE, path)
        outputs[setting["Name"]] = Output(setting.get("DataStoreName") or "workspaceblobstore", path, folder)
    return outputs


def _inputs(graph: Document, node: Document, outputs_of_nodes: dict[str, dict[str, Output]]) -> dict[str, Output]:
    inputs = {}
    for edge in graph["Edges"]:
        source, destination = edge["SourceOutputPort"], edge["DestinationInputPort"]
        if destination.get("NodeId") == node["Id"]:
            port = outputs_of_nodes.get(source.get("NodeId"), {}).get(source["PortName"])
            if port is not None:  # an edge that only orders two steps carries no data
                inputs[destination["PortName"]] = port
    return inputs


def _arguments(definition: Document, parameters: Document, folders: dict[str, str]) -> list[str]:
    return [_expand(_argument(entry, parameters, folders), folders) for entry in definition.get("Arguments") or []]


def _argument(entry: Document, parameters: Document, folders: dict[str, str]) -> str:
    kind, value = _ARGUMENT_KINDS.get(str(entry["ValueType"]), str(entry["ValueType"])), entry["Value"]
    if kind == "Literal":
        return str(value)
    if kind == "Parameter":
        return str(parameters[value])
    if kind in ("Input", "Output"):
        return folders[value]
    raise NotSupported(f"a step argument of the kind {kind}")


def _expand(argument: str, folders: dict[str, str]) -> str:
    if argument.startswith(("DatasetOutputConfig:", "DatasetConsumptionConfig:")):
        return folders[argument.partition(":")[2]]
    return _DATA_REFERENCE.sub(lambda match: folders.get(match[1], match[0]), argument)
