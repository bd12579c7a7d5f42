"""
Datasets as documents of the store.

A saved dataset is a definition (a dataflow) with an id. Registering gives one a name and a version; no saved dataset
has two. The id of all versions of a name is the dataset id.
"""

import hashlib
import json

from azureml_emulator.azure.assets.datasets.shapes import Dataflow
from azureml_emulator.errors import BadRequest, Conflict, NotFound
from azureml_emulator.server.requests.body import parse_json
from azureml_emulator.server.requests.shapes import checked
from azureml_emulator.state.store import Store
from azureml_emulator.wire import Document, new_id, now

_SAVED = "saved dataset"
_ACTIVE = {"state": "active"}


def save(store: Store, sent: Document) -> Document:
    """The saved dataset with this definition: one that there is, or a new one. Raises BadRequest."""
    digest = hashlib.sha256(json.dumps(_definition(sent), sort_keys=True).encode()).hexdigest()
    known = store.find("dataset content", digest)
    if known is None:
        known = store.put("dataset content", digest, {"id": _create_saved(store, sent)["id"]})
    return store.get(_SAVED, known["id"])


def register(store: Store, sent: Document, *, new_version: bool) -> Document:
    """A new dataset, or a new version of one. Raises Conflict for a name that is taken, and BadRequest.

    `sent` holds `name`, `datasetType`, `description`, `tags` and `latest`, with the dataflow or a `savedDatasetId`.
    """
    name, latest = sent["name"], sent["latest"]
    dataset = _find(store, name)
    if dataset and not new_version:
        raise Conflict(f"dataset '{name}' is registered already: create_new_version=True makes another version")
    saved_id = latest.get("savedDatasetId")
    if saved_id and (other := _registration_of(store, saved_id)):
        raise BadRequest(f"The dataset has been registered as {other['name']}:{_version(other)} (name:version).")
    definition = {key: latest.get(key) for key in ("properties", "dataflow")} | {"datasetType": sent["datasetType"]}
    saved = store.get(_SAVED, saved_id) if saved_id else _create_saved(store, definition)
    identity = dataset or {"datasetId": new_id(), "createdTime": now()}
    version = store.next_number(f"versions of dataset {identity['datasetId']}")
    document = {
        "datasetId": identity["datasetId"],
        "datasetState": _ACTIVE,
        "createdTime": identity["createdTime"],
        "modifiedTime": now(),
        "etag": "1",
        "name": name,
        "description": sent.get("description"),
        "tags": sent.get("tags") or {},
        "isVisible": True,
        "datasetType": saved["datasetType"],
        "latest": _latest(saved, identity["datasetId"], version),
    }
    return store.put("dataset version", f"{identity['datasetId']}:{version}", document)


def get_by_name(store: Store, name: str, version: str | None) -> Document:
    """A version, by default the newest. Raises NotFound."""
    found = _find(store, name, version)
    if found is None:
        raise NotFound(f"dataset '{name}'{f' version {version}' if version else ''} not found in this workspace")
    return found


def get_by_dataset_id(store: Store, dataset_id: str, version: str | None = None) -> Document:
    """A version of the dataset that has this id, by default the newest. Raises NotFound."""
    for document in reversed(store.all("dataset version")):
        if document["datasetId"] == dataset_id and version in (None, _version(document)):
            return document
    raise NotFound(f"dataset {dataset_id}{f' version {version}' if version else ''} not found in this workspace")


def registrations_of(store: Store, saved_id: str) -> list[Document]:
    found = _registration_of(store, saved_id)
    return [found] if found else []


def newest_versions(store: Store) -> list[Document]:
    newest = {document["name"]: document for document in store.all("dataset version")}
    return list(newest.values())


def update(store: Store, dataset_id: str, sent: Document) -> Document:
    """New description and tags of the version that `sent` names, by default of the newest."""
    document = get_by_dataset_id(store, dataset_id, (sent.get("latest") or {}).get("versionId"))
    document |= {"description": sent.get("description"), "tags": sent.get("tags") or {}, "modifiedTime": now()}
    return store.put("dataset version", f"{dataset_id}:{_version(document)}", document)


def unregister(store: Store, name: str) -> None:
    """Take the name from all its versions. Their definitions stay, and the data. Raises NotFound."""
    dataset_id = get_by_name(store, name, None)["datasetId"]
    for document in store.all("dataset version"):
        if document["datasetId"] == dataset_id:
            store.delete("dataset version", f"{dataset_id}:{_version(document)}")


def get_saved(store: Store, saved_id: str) -> Document:
    return store.get(_SAVED, saved_id)


def dataflow_yaml(saved: Document) -> str:
    """What the SDK's native library reads. Raises BadRequest where only older SDKs could read the definition."""
    dataflow = parse_json(saved["dataflowJson"] or "null", "the dataflow")
    if not isinstance(dataflow, dict) or not isinstance(meta := dataflow.get("meta"), dict) or "RsDataflow" not in meta:
        raise BadRequest(f"dataset {saved['id']} has no RsDataflow in its dataflow: save it with a newer SDK")
    return str(checked(Dataflow, dataflow, "the dataflow")["meta"]["RsDataflow"])


def _create_saved(store: Store, sent: Document) -> Document:
    identifier = new_id()
    saved = _definition(sent) | {"id": identifier, "dataChanged": False, "dataPath": None}
    dataflow_yaml(saved)
    return store.put(_SAVED, identifier, saved)


def _definition(sent: Document) -> Document:
    dataflow = sent.get("dataflowJson") or sent.get("dataflow")
    return {
        "datasetType": sent["datasetType"],
        "properties": sent.get("properties") or {},
        "dataflowJson": dataflow,
    }


def _latest(saved: Document, dataset_id: str, version: int) -> Document:
    return {
        "datasetId": dataset_id,
        "versionId": str(version),
        "datasetDefinitionState": _ACTIVE,
        "dataflow": saved["dataflowJson"],
        "dataPath": None,
        "properties": saved["properties"],
        "savedDatasetId": saved["id"],
        "createdTime": now(),
        "modifiedTime": now(),
        "etag": "1",
    }


def _find(store: Store, name: str, version: str | None = None) -> Document | None:
    for document in reversed(store.all("dataset version")):
        if document["name"].lower() == name.lower() and version in (None, _version(document)):
            return document
    return None


def _registration_of(store: Store, saved_id: str) -> Document | None:
    for document in store.all("dataset version"):
        if document["latest"]["savedDatasetId"] == saved_id:
            return document
    return None


def _version(document: Document) -> str:
    return str(document["latest"]["versionId"])
