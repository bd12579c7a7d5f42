"""Models, in one store with those of SDK v1."""

from pathlib import Path
from typing import Any, Literal, NamedTuple

from typing_extensions import Required, TypedDict

from azureml_emulator.azure.arm.assets.addresses import datastore_of, file_at, in_account, on_datastore
from azureml_emulator.azure.arm.assets.versions import Versions, number_of_version
from azureml_emulator.azure.arm.resources import resource
from azureml_emulator.azure.assets.models.registry import counter_of, create_asset, whole_model
from azureml_emulator.azure.mlflow.model_sources import reference_of
from azureml_emulator.azure.storage.artifacts.content import ON_DATASTORE
from azureml_emulator.azure.storage.datastores.registry import ARTIFACT_STORE, datastore_file, uri_of
from azureml_emulator.errors import ApiError, BadRequest, NotSupported
from azureml_emulator.server.requests.shapes import Named, Reference, shortened
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document, now

_MLFLOW = "mlflow_model"
_FRAMEWORK = "MLFlow"
"""SDK v1's word for it."""


class Flavor(TypedDict):
    data: Named[str, Any]


class Model(TypedDict, total=False):
    modelType: Literal["custom_model", "mlflow_model", "triton_model"] | None
    modelUri: Required[Reference]
    flavors: Named[str, Flavor] | None
    jobName: Reference | None
    stage: Reference | None


class Models(Versions):
    """A version whose name is a number is one of SDK v1's, too."""

    plural, shape, fixed = "models", Model, ("modelUri",)

    def find(self, workspace: LocalWorkspace, name: str, version: str) -> Document | None:
        kept = super().find(workspace, name, version)
        model = workspace.store.find("model", f"{name}:{version}")
        return self._shown(workspace, model, kept) if model else kept

    def all(self, workspace: LocalWorkspace, name: str | None = None) -> list[Document]:
        kept = {one["id"]: one for one in super().all(workspace, name)}
        for model in workspace.store.all("model"):
            path = f"{workspace.scope}/models/{model['name']}/versions/{model['version']}"
            if name in (None, model["name"]) and (shown := self._shown(workspace, model, kept.get(path))):
                kept[path] = shown
        return sorted(kept.values(), key=lambda one: str(one["systemData"]["createdAt"]))

    def next_number(self, workspace: LocalWorkspace, name: str) -> int:
        return max(workspace.store.last_number(counter_of(name)) + 1, super().next_number(workspace, name))

    def completed(self, workspace: LocalWorkspace, name: str, version: str, given: Document) -> Document:
        """With `flavors`, which SDK v2 looks into."""
        uri = {"modelUri": _stored(workspace, given["modelUri"])}
        return {"modelType": "custom_model", "flavors": {}} | super().completed(workspace, name, version, given) | uri

    def only_in_v1(self, workspace: LocalWorkspace, name: str, version: str) -> str:
        there = workspace.store.find("model", f"{name}:{version}") and self.find(workspace, name, version) is None
        return "which isn't one file or folder, and so is SDK v1's alone" if there else ""

    def same(self, workspace: LocalWorkspace, _key: str, known: Any, given: Any) -> bool:
        return file_at(workspace, known) == file_at(workspace, given)

    def keep(self, workspace: LocalWorkspace, name: str, version: str, document: Document) -> None:
        super().keep(workspace, name, version, document)
        number, given = number_of_version(version), document["properties"]
        known = workspace.store.find("model", f"{name}:{version}")
        if number is None or (given["isAnonymous"] and known is None):
            return
        model = known or _new_model(workspace, name, number, given)
        said = {"kvTags": given["tags"], "properties": given["properties"], "description": given.get("description")}
        workspace.store.put("model", f"{name}:{version}", model | said | {"modifiedTime": now()})
        workspace.store.leave_out(counter_of(name), number)

    def _shown(self, workspace: LocalWorkspace, model: Document, kept: Document | None) -> Document | None:
        """None for a model of SDK v1 that isn't one file or folder."""
        kept_properties = (kept or {}).get("properties") or {}
        uri = kept_properties.get("modelUri") or _uri_in_v1(workspace, model)
        if uri is None:
            return None
        kind = _MLFLOW if model["framework"] == _FRAMEWORK else "custom_model"
        properties: Document = {
            "modelType": kind,
            "flavors": {},
            "isAnonymous": False,
            "isArchived": False,
            "modelUri": uri,
        }
        properties |= {"jobName": model["runId"]} if model["runId"] else {}
        properties |= kept_properties
        properties |= {"tags": model["kvTags"], "properties": model["properties"], "description": model["description"]}
        path, created = f"models/{model['name']}/versions/{model['version']}", model["createdTime"]
        shown = resource(workspace, path, properties)
        return shown | {
            "systemData": shown["systemData"] | {"createdAt": created, "lastModifiedAt": model["modifiedTime"]}
        }


MODELS = Models()


class ModelFiles(NamedTuple):
    name: str
    version: str
    files: list[Path]
    """Files and folders, to be read and left as they are: a server finds each below AZUREML_MODEL_DIR by its own name.

    AZUREML_MODEL_DIR ends in `azureml-models/NAME/VERSION`.
    """


def model_files_of(workspace: LocalWorkspace, reference: str) -> ModelFiles:
    """What an online deployment serves.

    `reference` is as `references.asset_of` takes it. Raises BadRequest, which names it, also where files are gone.
    """
    found = MODELS.of(workspace, reference)
    file = file_at(workspace, found["properties"]["modelUri"])
    if file is None or not file.exists():
        raise BadRequest(f"the files of model {shortened(reference)} are gone: {file}")
    return ModelFiles(found["id"].split("/")[-3], found["name"], [file])


def _stored(workspace: LocalWorkspace, uri: str) -> str:
    """The address on a datastore of what an address stands for: the same, where it is one.

    Raises BadRequest where nothing is there, and NotSupported for an address outside of the workspace's storage.
    """
    try:
        place = on_datastore(workspace, uri)
        if place is None and (blob := in_account(workspace, uri)):
            place = datastore_of(workspace, blob[0]), blob[1]
        if place is None and uri.startswith(("runs:/", "models:/", "azureml:")):
            place = ARTIFACT_STORE, reference_of(workspace, uri)
        if place and not datastore_file(workspace, *place).exists():
            raise BadRequest("there is nothing at this address: upload the files first")
    except ApiError as error:
        raise BadRequest(f"the modelUri {shortened(uri)}: {error.message}") from None
    if place is None:
        raise NotSupported(f"the modelUri {shortened(uri)}, and reaches no storage but its own")
    return uri if "/datastores/" in uri else uri_of(*place)


def _new_model(workspace: LocalWorkspace, name: str, version: int, properties: Document) -> Document:
    """As SDK v1 has it: its files are those of an asset."""
    reference = "/".join([ON_DATASTORE, *(on_datastore(workspace, properties["modelUri"]) or ())])
    asset = create_asset(workspace.store, {"name": name, "artifacts": [{"prefix": reference}]})
    identity = {"id": f"{name}:{version}", "version": version, "createdTime": now()}
    framework = _FRAMEWORK if properties["modelType"] == _MLFLOW else "Custom"
    sent = {"name": name, "url": f"aml://asset/{asset['id']}", "mimeType": "application/x-python"}
    return whole_model(sent | {"framework": framework, "runId": properties.get("jobName")}) | identity


def _uri_in_v1(workspace: LocalWorkspace, model: Document) -> str | None:
    asset = workspace.store.find("asset", str(model["url"]).removeprefix("aml://asset/"))
    references = [str(part.get("prefix") or part["id"]).strip("/") for part in (asset or {}).get("artifacts") or ()]
    if len(references) != 1:
        return None
    origin, _, rest = references[0].partition("/")
    datastore, _, path = rest.partition("/")
    return uri_of(datastore, path) if origin == ON_DATASTORE else uri_of(ARTIFACT_STORE, references[0])
