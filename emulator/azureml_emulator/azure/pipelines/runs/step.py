"""One step of a pipeline run: what its graph node says it runs, worked out without running it."""

import json
from dataclasses import dataclass
from pathlib import Path

from azureml_emulator.azure.pipelines.graphs.kinds import is_parallel
from azureml_emulator.azure.runs.data.inputs import Input, plan_inputs
from azureml_emulator.azure.runs.data.outputs import Output, plan_outputs
from azureml_emulator.azure.runs.data.values import data_variables, expand, values_of
from azureml_emulator.errors import NotSupported
from azureml_emulator.execution.configuration import command_line, max_seconds, variables, with_parameters
from azureml_emulator.execution.files import DRIVER_LOG
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

_PARALLEL_DRIVER = str(Path(__file__).parents[3] / "execution" / "parallel" / "amlbi_main.py")
_GRAPH_PARAMETER = ("1", "GraphParameterName")
_ARGUMENT_KINDS = {"0": "Literal", "1": "Parameter", "2": "Input", "3": "Output"}


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
    inputs: dict[str, Input]
    outputs: dict[str, Output]
    run_config: Document
    kind: str
    """As the SDK names it: PythonScriptStep, CommandStep …"""
    command: str
    """Instead of a script, to be run by a shell."""
    driver: str = ""
    """Our program in the place of a script that Azure brings; empty where the script is the user's."""
    source: Path | None = None
    """The folder of its code, where that is no snapshot."""
    log: str = DRIVER_LOG
    max_seconds: float | None = None


def plan_step(
    workspace: LocalWorkspace,
    run_id: str,
    graph: Document,
    node: Document,
    run: Document,
    outputs_of_nodes: dict[str, dict[str, Output]],
) -> Step:
    """Resolve parameters, inputs and outputs of a node. `outputs_of_nodes` holds those of the nodes that ran before.

    `run` has the values of the graph's parameters: `ParameterAssignments`, and where the graph has others of them
    `DataPathAssignments` and `DataSetDefinitionValueAssignments`. Raises NotSupported for an argument, an input or an
    output of a kind that the emulator does not have, NotFound for data that is not there.
    """
    module = workspace.store.get("module", node["ModuleId"])
    definition = module["StructuredInterface"]
    parameters = node_parameters(definition, node, run["ParameterAssignments"])
    run_config = with_parameters(json.loads(node.get("Runconfig") or module.get("Runconfig") or "{}") or {}, parameters)
    outputs = plan_outputs(workspace, run_id, node, definition)
    inputs = plan_inputs(workspace, run, run_id, graph, node, definition, outputs_of_nodes)
    values = values_of(inputs, outputs)
    own = data_variables(inputs, outputs) | _parameter_variables(definition, parameters)
    if is_parallel(module):
        own["AML_PARALLEL_NODES"] = str(run_config.pop("nodeCount", None) or 1)
    arguments = [expand(argument, values, own) for argument in _arguments(module, parameters, values)]
    return Step(
        run_id=run_id,
        name=module["Name"],
        module_id=module["Id"],
        snapshot_id=module["StorageId"],
        properties=module.get("Properties") or {},
        script=parameters.get("Script") or run_config.get("script") or "",
        arguments=arguments,
        target=parameters.get("Target") or run_config.get("target"),
        variables=own | variables(run_config),
        inputs=inputs,
        outputs=outputs,
        run_config=run_config,
        kind=module.get("StepType") or "PythonScriptStep",
        command=command_line([str(parameters["Command"]), *arguments]) if parameters.get("Command") else "",
        driver=_PARALLEL_DRIVER if is_parallel(module) else "",
        max_seconds=max_seconds(run_config),
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


def _arguments(module: Document, parameters: Document, values: dict[str, str]) -> list[str]:
    """Those of the definition; a ModuleStep brings its own, which the SDK joins by commas."""
    if module.get("StepType") == "ModuleStep" and parameters.get("Arguments"):
        return str(parameters["Arguments"]).split(",")
    return [_argument(entry, parameters, values) for entry in module["StructuredInterface"].get("Arguments") or []]


def _argument(entry: Document, parameters: Document, values: dict[str, str]) -> str:
    kind, value = _ARGUMENT_KINDS.get(str(entry["ValueType"]), str(entry["ValueType"])), entry["Value"]
    if kind == "Literal":
        return str(value)
    if kind == "Parameter":
        return str(parameters[value])
    if kind in ("Input", "Output"):
        return values[value]
    raise NotSupported(f"a step argument of the kind {kind}")
