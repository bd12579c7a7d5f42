"""What a step or script reads, and where it finds it."""

from dataclasses import dataclass
from pathlib import Path

from azureml_emulator.azure.runs.data.outputs import Output
from azureml_emulator.azure.runs.data.paths import data_folder, path_on_compute
from azureml_emulator.azure.runs.data.ports import DATASOURCE_PORT, Place, SavedDataset, source
from azureml_emulator.errors import NotSupported
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

_MODES = ("mount", "download", "direct")
_OUTPUT_AS_DATASET = "AzureBlobReference"
DATASET_ARGUMENT = "DatasetConsumptionConfig:"


@dataclass(frozen=True)
class Input:
    source: Place | SavedDataset
    mode: str
    folder: Path
    """Of the run, for what is brought to it."""
    at: Path | None
    """Its path_on_compute."""
    is_dataset: bool
    """Whether the step asked for a dataset, and so finds it among `run.input_datasets`."""
    transformations: tuple[str, ...] = ()
    must_exist: bool = False
    """Whether a run fails that finds nothing there."""

    @property
    def stays(self) -> bool:
        """Whether the step reads it at its place on the datastore."""
        return isinstance(self.source, Place) and self.mode == "mount" and self.at is None

    @property
    def local(self) -> Path:
        """Where the step finds it; of a dataset only a stand-in: delivery knows if it is one file in there or an id."""
        if isinstance(self.source, Place):
            if self.stays:
                return self.source.folder
            if self.source.folder.is_file():
                return (self.at or self.folder) / self.source.folder.name
        return self.at or self.folder


def lineage(inputs: dict[str, Input]) -> list[Document]:
    """The datasets among the inputs, as run history lists them."""
    return [
        {
            "identifier": {"savedId": port.source.id},
            "consumptionType": "RunInput",
            "inputDetails": {"inputName": name, "mechanism": port.mode.capitalize(), "pathOnCompute": str(port.local)},
        }
        for name, port in inputs.items()
        if isinstance(port.source, SavedDataset)
    ]


def plan_inputs(
    workspace: LocalWorkspace,
    run: Document,
    run_id: str,
    graph: Document,
    node: Document,
    definition: Document,
    outputs_of_nodes: dict[str, dict[str, Output]],
) -> dict[str, Input]:
    """By name. `definition` is the module's; `run` has the values of the graph's parameters."""
    data_nodes = {one["Id"]: one for one in graph.get("DatasetNodes") or []}
    declared = {port["Name"]: port for port in definition.get("Inputs") or []}
    datasets = _named_as_datasets(definition)
    settings = {setting["Name"]: setting for setting in node.get("ModuleInputSettings") or []}
    inputs = {}
    for edge in graph["Edges"]:
        origin, name = edge["SourceOutputPort"], edge["DestinationInputPort"].get("PortName")
        if edge["DestinationInputPort"].get("NodeId") != node["Id"]:
            continue
        found: Place | SavedDataset | None = None
        if origin.get("NodeId") in data_nodes and origin["PortName"] == DATASOURCE_PORT:
            found = source(workspace, data_nodes[origin["NodeId"]], run)
        elif port := outputs_of_nodes.get(origin.get("NodeId"), {}).get(origin["PortName"]):
            found = port.place
        if found is not None:  # an edge that only orders two steps carries no data
            setting = declared.get(name, {}) | settings.get(name, {}) | {"Name": name}
            is_dataset = name in datasets or isinstance(found, SavedDataset)
            inputs[name] = plan_input(workspace, run_id, found, setting, is_dataset=is_dataset)
    return inputs


def _named_as_datasets(definition: Document) -> set[str]:
    """The inputs that the script asked for as datasets, also where they come from a step before."""
    arguments = [str(argument["Value"]) for argument in definition.get("Arguments") or []]
    named = {value.removeprefix(DATASET_ARGUMENT) for value in arguments if value.startswith(DATASET_ARGUMENT)}
    ports = definition.get("Inputs") or []
    return named | {port["Name"] for port in ports if port.get("DataTypeIdsList") == [_OUTPUT_AS_DATASET]}


def plan_input(
    workspace: LocalWorkspace, run_id: str, found: Place | SavedDataset, setting: Document, *, is_dataset: bool
) -> Input:
    """`setting` has Name, DataStoreMode, PathOnCompute and AdditionalTransformations.

    Raises NotSupported for a mode that the local workspace does not have, BadRequest for a bad path.
    """
    name = setting["Name"]
    mode = str(setting.get("DataStoreMode") or "mount").lower()
    if mode not in _MODES:
        raise NotSupported(f"inputs with the mode {mode}, as '{name}' has")
    transformation = setting.get("AdditionalTransformations")
    return Input(
        source=found,
        mode=mode,
        folder=data_folder(workspace, run_id, "inputs", name),
        at=path_on_compute(workspace, run_id, setting.get("PathOnCompute")),
        is_dataset=is_dataset,
        transformations=(transformation,) if transformation else (),
    )
