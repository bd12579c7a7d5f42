"""What a node of a graph runs, worked out from documents as the SDK sends them."""

import json
from typing import Any

import pytest

from azureml_emulator.azure.pipelines.runs.step import Step, plan_step
from azureml_emulator.azure.runs.data.outputs import Output, prepare
from azureml_emulator.azure.runs.data.ports import Place
from azureml_emulator.errors import NotSupported
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document


@pytest.fixture
def module(workspace: LocalWorkspace) -> Document:
    arguments = [
        *(
            {"ValueType": kind, "Value": value}
            for kind, value in (("0", "--n"), ("1", "n"), ("0", "--in"), ("2", "in"))
        ),
        *({"ValueType": kind, "Value": value} for kind, value in (("Literal", "--out"), ("Output", "out"))),
    ]
    interface = {
        "Arguments": arguments,
        "Parameters": [{"Name": "n", "DefaultValue": "1"}],
        "MetadataParameters": [{"Name": "Target", "DefaultValue": "steps"}],
    }
    configuration = {
        "script": "train.py",
        "environmentVariables": {"BOTH": "of the run", "N": 1},
        "environment": {"environmentVariables": {"BOTH": "of the environment", "OWN": "x"}},
    }
    document = {"Id": "m", "Name": "train", "StorageId": "snapshot", "StructuredInterface": interface}
    return workspace.store.put("module", "m", document | {"Runconfig": json.dumps(configuration)})


def plan(workspace: LocalWorkspace, **changes: Any) -> Step:
    node = {"Id": "node", "ModuleId": "m", "ModuleOutputSettings": [{"Name": "out"}]} | changes
    edges = [
        {"SourceOutputPort": {"NodeId": "before", "PortName": "data"}, "DestinationInputPort": input_}
        for input_ in ({"NodeId": "node", "PortName": "in"}, {"NodeId": "else", "PortName": "in"})
    ]
    place = Place("workspaceblobstore", "azureml/r0/data", workspace.folder / "data")
    run = {"ParameterAssignments": {"g": "7"}}
    return plan_step(workspace, "r1", {"Edges": edges}, node, run, {"before": {"data": Output(place, place.folder)}})


def test_defaults(workspace: LocalWorkspace, module: Document) -> None:
    step = plan(workspace)
    out = workspace.folder / "blobs" / "azureml-blobstore" / "azureml" / "r1" / "out"
    assert (step.name, step.script, step.target, step.snapshot_id) == ("train", "train.py", "steps", "snapshot")
    assert step.arguments == ["--n", "1", "--in", str(workspace.folder / "data"), "--out", str(out)]
    assert step.outputs["out"].place.path == "azureml/r1/out"


def test_variables(workspace: LocalWorkspace, module: Document) -> None:
    """Those of the run go before those of its environment; folders have theirs."""
    variables = plan(workspace).variables
    assert {key: variables[key] for key in ("BOTH", "OWN", "N")} == {"BOTH": "of the run", "OWN": "x", "N": "1"}
    assert variables["AZUREML_DATAREFERENCE_in"] == str(workspace.folder / "data")


@pytest.mark.parametrize(
    ("value_type", "value", "expected"), [("0", "5", "5"), ("1", "g", "7"), ("GraphParameterName", "g", "7")]
)
def test_parameters(workspace: LocalWorkspace, module: Document, value_type: str, value: str, expected: str) -> None:
    step = plan(workspace, ModuleParameters=[{"Name": "n", "ValueType": value_type, "Value": value}])
    assert step.arguments[:2] == ["--n", expected]


def test_path_of_an_output(workspace: LocalWorkspace, module: Document) -> None:
    options = {"PathOnDatastore": "models/{run-id}/{output-name}"}
    step = plan(workspace, ModuleOutputSettings=[{"Name": "out", "DatasetOutputOptions": options}])
    assert step.outputs["out"].place.path == "models/r1/out"


def test_folders_in_the_middle_of_an_argument(workspace: LocalWorkspace, module: Document) -> None:
    literals = ["$AZUREML_DATAREFERENCE_in/a.csv", "$AZUREML_DATAREFERENCE_none", "DatasetOutputConfig:out"]
    module["StructuredInterface"]["Arguments"] = [{"ValueType": "0", "Value": value} for value in literals]
    workspace.store.put("module", "m", module)
    step = plan(workspace)
    assert step.arguments == [
        f"{workspace.folder / 'data'}/a.csv",
        "$AZUREML_DATAREFERENCE_none",
        str(step.outputs["out"].local),
    ]


def test_unknown_kind_of_argument(workspace: LocalWorkspace, module: Document) -> None:
    module["StructuredInterface"]["Arguments"] = [{"ValueType": "9", "Value": "x"}]
    workspace.store.put("module", "m", module)
    with pytest.raises(NotSupported, match="a step argument of the kind 9"):
        plan(workspace)


def test_file_output(workspace: LocalWorkspace, module: Document) -> None:
    """Only its folder is there before the step runs: the script may write a file, or make a folder of that name."""
    module["StructuredInterface"]["Outputs"] = [{"Name": "out", "DataTypeId": "AnyFile"}]
    workspace.store.put("module", "m", module)
    output = plan(workspace).outputs["out"]
    prepare(workspace, output)
    assert output.folder.parent.is_dir()
    assert not output.folder.exists()
    to_dataset = {"Name": "out", "DatasetOutputOptions": {"PathOnDatastore": "data/{run-id}"}}
    output = plan(workspace, ModuleOutputSettings=[to_dataset]).outputs["out"]
    prepare(workspace, output)
    assert output.folder.is_dir()


def test_parameters_as_variables(workspace: LocalWorkspace, module: Document) -> None:
    """`params` of a step reach its script as AML_PARAMETER_<name>, and may stand in its arguments."""
    declared = module["StructuredInterface"]["Parameters"]
    for name, value in (("Learning Rate", 0.1), ("absent", None)):
        declared.append({"Name": name, "DefaultValue": value, "SetEnvironmentVariable": True})
    declared[1]["EnvironmentVariableOverride"] = "AML_PARAMETER_Learning_Rate"
    module["StructuredInterface"]["Arguments"].append({"ValueType": "0", "Value": "rate=$AML_PARAMETER_Learning_Rate"})
    workspace.store.put("module", "m", module)
    step = plan(workspace)
    found = {key: value for key, value in step.variables.items() if key.startswith("AML_PARAMETER_")}
    assert found == {"AML_PARAMETER_Learning_Rate": "0.1"}
    assert step.arguments[-1] == "rate=0.1"


def test_arguments_of_a_module_step(workspace: LocalWorkspace, module: Document) -> None:
    """They belong to the node, because the module's definition is shared."""
    workspace.store.put("module", "m", module | {"StepType": "ModuleStep"})
    given = [{"Name": "Arguments", "ValueType": "0", "Value": "--in,$AZUREML_DATAREFERENCE_in,--n,3"}]
    step = plan(workspace, ModuleMetadataParameters=given)
    assert step.arguments == ["--in", str(workspace.folder / "data"), "--n", "3"]
