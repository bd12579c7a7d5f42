"""One step of a pipeline run: what its graph node says it runs, worked out without running it."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from emulator.blobs.files import DATASTORE, blob_file
from emulator.errors import NotSupported
from emulator.wire import Document
from emulator.workspace import LocalWorkspace

DRIVER_LOG = "azureml-logs/70_driver_log.txt"
"""The SDK streams files named `azureml-logs/NN_….txt` only."""

_GRAPH_PARAMETER = ("1", "GraphParameterName")
_ARGUMENT_KINDS = {"0": "Literal", "1": "Parameter", "2": "Input", "3": "Output"}
_VARIABLE = re.compile(r"\$((?:AZUREML_DATAREFERENCE|AML_PARAMETER)_\w+)")


@dataclass(frozen=True)
class Output:
    """A folder or a file on the default datastore that a step writes and later steps read."""

    datastore: str
    relative_path: str
    folder: Path
    is_file: bool = False

    @property
    def prepared(self) -> Path:
        """What must be there before the step runs: a file's own folder, because the step may make either of it."""
        return self.folder.parent if self.is_file else self.folder

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
    run_config = json.loads(node.get("Runconfig") or module.get("Runconfig") or "{}") or {}
    parameters = _parameters(definition, node, graph_parameters)
    outputs = _outputs(workspace, run_id, definition, node)
    inputs = _inputs(graph, node, outputs_of_nodes)
    folders = {name: str(port.folder) for name, port in (inputs | outputs).items()}
    own = {f"AZUREML_DATAREFERENCE_{name}": folder for name, folder in folders.items()}
    own |= _parameter_variables(definition, parameters)
    of_environment = (run_config.get("environment") or {}).get("environmentVariables") or {}
    variables = of_environment | (run_config.get("environmentVariables") or {})
    return Step(
        run_id=run_id,
        name=module["Name"],
        module_id=module["Id"],
        snapshot_id=module["StorageId"],
        properties=module.get("Properties") or {},
        script=parameters.get("Script") or run_config["script"],
        arguments=[_expand(argument, folders, own) for argument in _arguments(module, parameters, folders)],
        target=parameters.get("Target") or run_config.get("target"),
        variables=own | {key: str(value) for key, value in variables.items()},
        outputs=outputs,
        run_config=run_config,
    )


def _parameters(definition: Document, node: Document, graph_parameters: Document) -> Document:
    declared = [*(definition.get("Parameters") or []), *(definition.get("MetadataParameters") or [])]
    parameters = {entry["Name"]: entry.get("DefaultValue") for entry in declared}
    for entry in [*(node.get("ModuleParameters") or []), *(node.get("ModuleMetadataParameters") or [])]:
        by_name = str(entry.get("ValueType")) in _GRAPH_PARAMETER
        parameters[entry["Name"]] = graph_parameters[entry["Value"]] if by_name else entry.get("Value")
    return parameters


def _outputs(workspace: LocalWorkspace, run_id: str, definition: Document, node: Document) -> dict[str, Output]:
    outputs = {}
    files = {port["Name"] for port in definition.get("Outputs") or [] if port.get("DataTypeId") == "AnyFile"}
    for setting in node.get("ModuleOutputSettings") or []:
        options = setting.get("DatasetOutputOptions") or {}
        template = options.get("PathOnDatastore") or "azureml/{run-id}/{output-name}"
        path = template.replace("{run-id}", run_id).replace("{output-name}", setting["Name"])
        folder, datastore = blob_file(workspace, DATASTORE, path), setting.get("DataStoreName") or "workspaceblobstore"
        outputs[setting["Name"]] = Output(datastore, path, folder, is_file=not options and setting["Name"] in files)
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


def _parameter_variables(definition: Document, parameters: Document) -> dict[str, str]:
    """AML_PARAMETER_<name> for each of the `params` of a step."""
    entries = [entry for entry in definition.get("Parameters") or [] if entry.get("SetEnvironmentVariable")]
    named = {entry.get("EnvironmentVariableOverride") or f"AML_PARAMETER_{entry['Name']}": entry for entry in entries}
    values = {variable: parameters[entry["Name"]] for variable, entry in named.items()}
    return {variable: str(value) for variable, value in values.items() if value is not None}


def _arguments(module: Document, parameters: Document, folders: dict[str, str]) -> list[str]:
    """Those of the definition; a ModuleStep brings its own, which the SDK joins by commas."""
    if module.get("StepType") == "ModuleStep" and parameters.get("Arguments"):
        return str(parameters["Arguments"]).split(",")
    return [_argument(entry, parameters, folders) for entry in module["StructuredInterface"].get("Arguments") or []]


def _argument(entry: Document, parameters: Document, folders: dict[str, str]) -> str:
    kind, value = _ARGUMENT_KINDS.get(str(entry["ValueType"]), str(entry["ValueType"])), entry["Value"]
    if kind == "Literal":
        return str(value)
    if kind == "Parameter":
        return str(parameters[value])
    if kind in ("Input", "Output"):
        return folders[value]
    raise NotSupported(f"a step argument of the kind {kind}")


def _expand(argument: str, folders: dict[str, str], variables: dict[str, str]) -> str:
    if argument.startswith(("DatasetOutputConfig:", "DatasetConsumptionConfig:")):
        return folders[argument.partition(":")[2]]
    return _VARIABLE.sub(lambda match: variables.get(match[1], match[0]), argument)
