"""
Read datasets for a step before it starts, and register what it wrote after it has ended well.

Arguments: deliver|register REQUEST ANSWER, two files of JSON. Runs inside the step's environment, with the
SDK and its native library, as on real compute: nothing of the emulator is imported.

  deliver   [{name, mode: mount|download|direct, target, dataset | datastore and path, transformations}]
            answers {name: path of the folder or the single file, in direct mode the id of the dataset}
  register  [{name, datastore, path, transformations, registration: {Name, Description, Tags, CreateNewVersion}}]
            answers {name: id of the dataset}

Where that can't be, it ends with another exit code than 0, and ANSWER holds the reason, if the SDK knew it.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

try:
    import yaml
    from azureml.core import Dataset, Datastore, Run, Workspace
    from azureml.data import FileDataset, TabularDataset
    from azureml.data._dataprep_helper import _convert_dataflow_stub_to_engineless, dataprep_stub
    from azureml.data.abstract_dataset import AbstractDataset
    from azureml.exceptions import AzureMLException
except ModuleNotFoundError as missing:
    Path(sys.argv[3]).write_text(f"datasets are read by SDK v1 ({missing}): pip install 'azureml-emulator[sdk-v1]'")
    sys.exit(1)

_Act = Callable[[Workspace, dict[str, Any]], str]
_GLOB = set("*?[{")


def main() -> None:
    verb, request, answer = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    workspace = Run.get_context(allow_offline=False).experiment.workspace
    act = {"deliver": _deliver, "register": _register}[verb]
    entries = json.loads(request.read_text())
    try:
        answer.write_text(json.dumps({entry["name"]: _attempt(act, workspace, entry) for entry in entries}))
    except SystemExit as refused:
        answer.write_text(str(refused))
        raise


def _attempt(act: _Act, workspace: Workspace, entry: dict[str, Any]) -> str:
    """What was answered. Raises SystemExit with the SDK's reason, in a sentence."""
    try:
        return act(workspace, entry)
    except AzureMLException as error:
        what = f"dataset {entry['dataset']}" if entry.get("dataset") else f"{entry['datastore']}/{entry['path']}"
        # Before the reason stands what was called, and behind it the SDK's session.
        reason = str(error.message).rpartition("error_message=")[2].partition("| session_id")[0]
        raise SystemExit(f"{entry['name']}, {what}: {reason}") from None


def _deliver(workspace: Workspace, entry: dict[str, Any]) -> str:
    dataset = _open(workspace, entry)
    if entry["mode"] == "direct":
        return str(dataset._ensure_saved(workspace))
    if not isinstance(dataset, FileDataset):
        raise SystemExit(f"input '{entry['name']}' is a {type(dataset).__name__}: only a FileDataset has files")
    target = Path(entry["target"])
    dataset.download(str(target), overwrite=True)
    return str(_single_file(dataset, target) or target)


def _register(workspace: Workspace, entry: dict[str, Any]) -> str:
    dataset, registration = _open(workspace, entry), entry["registration"]
    options = {
        "description": registration.get("Description"),
        "tags": registration.get("Tags"),
        "create_new_version": bool(registration.get("CreateNewVersion")),
    }
    return str(dataset._register(workspace, registration["Name"], **options).id)


def _open(workspace: Workspace, entry: dict[str, Any]) -> "FileDataset | TabularDataset":
    """The dataset of an id, or of what lies at a path, with the transformations that were asked for."""
    if entry.get("dataset"):
        dataset = AbstractDataset._get_by_id(workspace, entry["dataset"])  # the public one notes a lineage of its own
    else:
        datastore = Datastore.get(workspace, entry["datastore"])
        dataset = Dataset.File.from_files((datastore, entry["path"]), validate=False)
    for transformation in entry["transformations"]:
        stub = dataprep_stub().DataflowStub.from_json(transformation)
        tabular = isinstance(dataset, TabularDataset) or dataprep_stub().is_tabular(stub)
        dataflow = dataset._dataflow + _convert_dataflow_stub_to_engineless(stub)
        dataset = (TabularDataset if tabular else FileDataset)._create(dataflow)
    return dataset


def _single_file(dataset: FileDataset, target: Path) -> Path | None:
    """The one file of a dataset that was made of the path of one file."""
    paths = [next(iter(path.values())) for path in yaml.safe_load(dataset._dataflow._to_yaml_string())["paths"]]
    files = [file for file in target.rglob("*") if file.is_file()]
    last = paths[0].rstrip("/").rpartition("/")[2]
    one = len(paths) == len(files) == 1 and not _GLOB.intersection(last)
    return files[0] if one and files[0].name == last else None


if __name__ == "__main__":
    main()
