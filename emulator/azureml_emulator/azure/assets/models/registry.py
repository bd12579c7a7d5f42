"""Models and the assets that hold their files."""

import re
from collections.abc import Mapping
from pathlib import Path

from azureml_emulator.azure.storage.artifacts.content import artifact_file
from azureml_emulator.errors import BadRequest, Conflict, NotSupported
from azureml_emulator.server.requests.query import number_of
from azureml_emulator.state.store import Store
from azureml_emulator.state.user import USER
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document, new_id, now

_EMPTY: Document = {
    "framework": None,
    "frameworkVersion": None,
    "datasets": [],
    "url": None,
    "mimeType": None,
    "description": None,
    "unpack": False,
    "parentModelId": None,
    "runId": None,
    "experimentName": None,
    "kvTags": {},
    "properties": {},
    "derivedModelIds": [],
    "sampleInputData": None,
    "sampleOutputData": None,
    "resourceRequirements": None,
    "createdBy": USER,
    "inputsSchema": None,
    "outputsSchema": None,
}
NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,254}", re.ASCII)
OF_SDK_V2 = "models resource"
"""What SDK v2 alone says of a version."""
_HONOURED = frozenset(
    ["name", "framework", "runId", "datasetId", "tag", "tags", "properties", "latestVersionOnly", "count", "$skipToken"]
)


def create_asset(store: Store, asset: Document) -> Document:
    identifier = new_id().replace("-", "")
    return store.put("asset", identifier, {"type": None, "meta": {}} | asset | {"id": identifier, "createdTime": now()})


def create_model(store: Store, model: Document) -> Document:
    """Register the next version of a name. Versions of deleted models are not given again. Raises BadRequest."""
    if not NAME.fullmatch(model["name"]):
        raise BadRequest(f"the model name '{model['name']}' is not 1 to 255 letters, digits, '.', '_' and '-'")
    version = store.next_number(counter_of(model["name"]))
    model_id = f"{model['name']}:{version}"
    identity = {"id": model_id, "version": version, "createdTime": now(), "modifiedTime": now()}
    return store.put("model", model_id, whole_model(model) | identity)


def counter_of(name: str) -> str:
    """Of the store: the versions that are given to a model."""
    return f"versions of model {name}"


def whole_model(model: Document) -> Document:
    """With every key that the SDK reads, where nothing or null was given."""
    given = {key: value for key, value in model.items() if value is not None}
    if needs := given.get("resourceRequirements"):
        given["resourceRequirements"] = {"cpu": None, "memoryInGB": None, "gpu": None} | needs
    return _EMPTY | given


def delete_version(store: Store, model_id: str) -> None:
    """Raises NotFound, or Conflict where a service has it."""
    model = store.get("model", model_id)
    for service in store.all("service"):
        if model_id in [used["id"] for used in service["models"]]:
            raise Conflict(f"model {model['id']} is deployed in service '{service['name']}'; delete the service first")
    with store.transaction():
        store.delete("model", model_id)
        store.delete(OF_SDK_V2, model_id)


def list_models(store: Store, query: Mapping[str, str]) -> tuple[list[Document], str | None]:
    """A page of versions, newest first, and the token of the next: how many versions were on the pages before.

    Raises NotSupported for a filter that would be ignored.
    """
    if unknown := {key for key, value in query.items() if value} - _HONOURED:
        raise NotSupported(f"the model filter {', '.join(sorted(unknown))}")
    found = [model for model in reversed(store.all("model")) if _matches(model, query)]
    if query.get("latestVersionOnly", "").lower() == "true":
        newest: dict[str, Document] = {}
        for model in found:
            newest.setdefault(model["name"], model)
        found = list(newest.values())
    start = number_of(query, "$skipToken", 0)
    end = start + number_of(query, "count", len(found), least=1)
    return found[start:end], str(end) if end < len(found) else None


def _matches(model: Document, query: Mapping[str, str]) -> bool:
    if any(query.get(key) and model[key] != query[key] for key in ("name", "framework", "runId")):
        return False
    wanted = query.get("datasetId")
    if wanted and wanted not in [dataset.get("id") for dataset in model["datasets"] or []]:
        return False
    pairs = [("kvTags", query.get("tags") or query.get("tag")), ("properties", query.get("properties"))]
    return all(has_all(model[field], wanted) for field, wanted in pairs if wanted)


def has_all(values: Mapping[str, str], wanted: str) -> bool:
    """`wanted` is "key" or "key=value", joined by commas."""
    for condition in wanted.split(","):
        key, separator, value = condition.partition("=")
        if key not in values or (separator and str(values[key]) != value):
            return False
    return True


def model_files(workspace: LocalWorkspace, model: Document) -> list[Path]:
    """The files and folders that were registered as a version."""
    asset = workspace.store.get("asset", model["url"].removeprefix("aml://asset/"))
    references = (part.get("prefix") or part["id"] for part in asset["artifacts"])
    parts = (reference.rstrip("/").split("/", 2) for reference in references)
    return [artifact_file(workspace, origin, container, *(path or [""])) for origin, container, *path in parts]
