"""The data of a script run: what its configuration says, as inputs and outputs."""

from azureml_emulator.azure.assets.datasets import registry
from azureml_emulator.azure.runs.data.inputs import Input, plan_input
from azureml_emulator.azure.runs.data.outputs import Output, plan_output
from azureml_emulator.azure.runs.data.ports import SavedDataset, place
from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.state.store import Store
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document


def plan_inputs(workspace: LocalWorkspace, run_id: str, run_config: Document) -> dict[str, Input]:
    """By name, from `data` and `dataReferences`.

    Raises NotFound for a dataset or datastore that isn't there, NotSupported for what would be ignored, and BadRequest.
    """
    if run_config.get("datacaches"):
        raise NotSupported("datacaches: mount or download the dataset")
    inputs = {name: _dataset(workspace, run_id, name, data) for name, data in (run_config.get("data") or {}).items()}
    for name, reference in (run_config.get("dataReferences") or {}).items():
        found = place(workspace, reference["dataStoreName"], reference.get("pathOnDataStore") or "")
        setting = {"Name": name, "DataStoreMode": reference["mode"], "PathOnCompute": reference.get("pathOnCompute")}
        inputs[name] = plan_input(workspace, run_id, found, setting, is_dataset=False)
    return inputs


def plan_outputs(workspace: LocalWorkspace, run_id: str, run_config: Document) -> dict[str, Output]:
    """By name, from `outputData`. Raises NotFound, NotSupported and BadRequest as plan_inputs() does."""
    return {
        name: plan_output(workspace, run_id, _output_setting(name, data), may_be_file=False)
        for name, data in (run_config.get("outputData") or {}).items()
    }


def _dataset(workspace: LocalWorkspace, run_id: str, name: str, data: Document) -> Input:
    if (data.get("environmentVariableName") or name) != name:
        raise NotSupported(f"data whose environment variable has another name, as '{name}' has")
    if data.get("options"):
        raise NotSupported(f"options of mounts, as '{name}' has")
    dataset = (data.get("dataLocation") or {}).get("dataset")
    if not dataset:
        raise NotSupported(f"data that is not a dataset, as '{name}': use a DataReference")
    setting = {"Name": name, "DataStoreMode": data["mechanism"], "PathOnCompute": data.get("pathOnCompute")}
    return plan_input(workspace, run_id, _saved(workspace.store, dataset), setting, is_dataset=True)


def _saved(store: Store, dataset: Document) -> SavedDataset:
    if dataset.get("id"):
        return SavedDataset(registry.get_saved(store, dataset["id"])["id"])
    if not dataset.get("name"):
        raise BadRequest(f"{dataset} names a dataset neither by its id nor by its name")
    version = None if dataset.get("version") in (None, "latest") else str(dataset["version"])
    return SavedDataset(registry.get_by_name(store, dataset["name"], version)["latest"]["savedDatasetId"])


def _output_setting(name: str, data: Document) -> Document:
    """In the words that the node of a graph has for it."""
    options = data.get("additionalOptions") or {}
    registration, upload = options.get("registrationOptions") or {}, options.get("uploadOptions") or {}
    location = (data.get("outputLocation") or {}).get("dataPath") or {}
    return {
        "Name": name,
        "DataStoreMode": data["mechanism"],
        "DataStoreName": location.get("datastoreName"),
        "PathOnCompute": options.get("pathOnCompute"),
        "Overwrite": upload.get("overwrite"),
        "DatasetOutputOptions": {
            "PathOnDatastore": location.get("relativePath"),
            "SourceGlobs": {"GlobPatterns": (upload.get("sourceGlobs") or {}).get("patterns")},
        },
        "DatasetRegistration": {
            "Name": registration.get("name"),
            "Description": registration.get("description"),
            "Tags": registration.get("tags"),
            "CreateNewVersion": True,
            "AdditionalTransformations": (registration.get("datasetRegistrationOptions") or {}).get(
                "additionalTransformation"
            ),
        },
    }
