"""What passes between the nodes of a graph: places on datastores, and datasets."""

from dataclasses import dataclass
from pathlib import Path

from azureml_emulator.azure.assets.datasets import registry
from azureml_emulator.azure.storage.datastores.registry import datastore_file, get_datastore
from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.state.store import Store
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

DATASOURCE_PORT = "data"
_BLOB_REFERENCE = "1"


@dataclass(frozen=True)
class Place:
    """A file or folder on a datastore."""

    datastore: str
    path: str
    folder: Path
    transformations: tuple[str, ...] = ()
    """What makes a dataset of other than plain files of it: dataflows as the SDK sends them, in JSON."""


@dataclass(frozen=True)
class SavedDataset:
    id: str


def wire_location(where: Place) -> Document:
    """A place as the pipeline service's `DataLocation`."""
    reference: Document = {"RelativePath": where.path, "AmlDataStoreName": where.datastore}
    reference |= {"PathType": "Folder", "Container": where.datastore, "Account": "local", "Uri": None}
    located = {"Type": _BLOB_REFERENCE, "AzureBlobReference": reference}
    return {"StorageType": "AzureBlob", "StorageId": None, "DataReference": located}


def place(workspace: LocalWorkspace, datastore: str, path: str) -> Place:
    """Raises NotFound for an unknown datastore, BadRequest for a path that leads out of it."""
    name = get_datastore(workspace, datastore)["name"]
    return Place(name, path, datastore_file(workspace, name, path))


def place_of(workspace: LocalWorkspace, data_path: Document) -> Place:
    """`{"DataStoreName": …, "RelativePath": …}`. Raises NotFound and BadRequest."""
    if data_path.get("SqlDataPath"):
        raise NotSupported("data paths into databases")
    return place(workspace, str(data_path.get("DataStoreName")), str(data_path.get("RelativePath") or ""))


def saved_dataset(store: Store, reference: Document) -> SavedDataset:
    """Of a value that names a saved dataset, or a registered one with or without its version. Raises NotFound."""
    if saved := reference.get("SavedDataSetReference"):
        return SavedDataset(registry.get_saved(store, saved["Id"])["id"])
    registered = reference.get("DataSetReference") or {}
    if not registered.get("Id"):
        raise BadRequest(f"{reference} names neither a saved nor a registered dataset by its Id")
    found = registry.get_by_dataset_id(store, registered["Id"], registered.get("Version"))
    return SavedDataset(found["latest"]["savedDatasetId"])


def dataset_or_place(workspace: LocalWorkspace, value: Document) -> Place | SavedDataset:
    """The value of a parameter. Raises NotFound and BadRequest."""
    if value.get("LiteralValue"):
        return place_of(workspace, value["LiteralValue"])
    return saved_dataset(workspace.store, value)


def source(workspace: LocalWorkspace, node: Document, run: Document) -> Place | SavedDataset:
    """What a dataset node of a graph stands for in a run."""
    if node.get("DatasetId"):
        known = workspace.store.get("data source", node["DatasetId"])
        return place(workspace, known["_datastore"], known["_path"])
    if node.get("DataPathParameterName"):
        return place_of(workspace, run["DataPathAssignments"][node["DataPathParameterName"]])
    definition = node.get("DataSetDefinition") or {}
    if definition.get("ParameterName"):
        value = run["DataSetDefinitionValueAssignments"][definition["ParameterName"]]
        return dataset_or_place(workspace, value)
    return dataset_or_place(workspace, definition.get("Value") or {})
