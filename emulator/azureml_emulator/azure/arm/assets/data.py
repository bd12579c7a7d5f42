"""Data assets. SDK v1 finds them by name, as datasets of files; its own datasets are definitions, and none of them."""

from typing import Literal

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from typing_extensions import Required, TypedDict

from azureml_emulator.azure.arm.assets.addresses import file_at, on_datastore
from azureml_emulator.azure.arm.assets.versions import Versions
from azureml_emulator.azure.assets.datasets import registry
from azureml_emulator.azure.storage.datastores.registry import uri_of
from azureml_emulator.errors import ApiError, BadRequest, NotFound, NotSupported
from azureml_emulator.server.requests.shapes import Items, Reference, shortened
from azureml_emulator.state.workspace import LocalWorkspace, workspace_of
from azureml_emulator.wire import Document

_UNREGISTERED = "unregistered-"
_NO_VERSION = "None"
"""What SDK v1 asks for where its caller gives none."""
_IN_V1 = {"uri_folder": "UriFolder", "uri_file": "UriFile", "mltable": "MLTable"}


class DataVersion(TypedDict, total=False):
    dataType: Required[Literal["uri_file", "uri_folder", "mltable"]]
    dataUri: Required[Reference]
    referencedUris: Items[Reference] | None


class Data(Versions):
    plural, shape, fixed = "data", DataVersion, ("dataType", "dataUri")

    def completed(self, workspace: LocalWorkspace, name: str, version: str, given: Document) -> Document:
        """Files of a job are kept as where they lie."""
        check_stored(workspace, given["dataUri"], "dataUri")
        place = on_datastore(workspace, given["dataUri"])
        kept = {"dataUri": uri_of(*place)} if place and "/datastores/" not in given["dataUri"] else {}
        return super().completed(workspace, name, version, given | kept)


DATA = Data()


def check_stored(workspace: LocalWorkspace, uri: str, key: str) -> None:
    """Raises NotSupported for an address outside of the workspace's storage, BadRequest for one that can't be in it."""
    try:
        file = file_at(workspace, uri)
    except ApiError as error:
        raise BadRequest(f"the {key} {shortened(uri)}: {error.message}") from None
    if file is None:
        raise NotSupported(f"the {key} {shortened(uri)}, and reaches no storage but its own")


async def get_data_version(request: Request) -> JSONResponse:
    """A saved dataset as the native library reads it; or a data asset, as SDK v1 asks for one where there is no dataset
    of the name.
    """
    workspace, name, version = workspace_of(request), request.path_params["name"], request.path_params["version"]
    if not name.startswith(_UNREGISTERED):
        return JSONResponse({"dataVersion": _in_v1(workspace, name, version)})
    saved = registry.get_saved(workspace.store, name.removeprefix(_UNREGISTERED))
    described = {"dataContainerName": name, "versionId": version, "dataType": "MLTable", "dataUri": ""}
    dataflow = {"legacyDataflowType": "Json", "legacyDataflow": registry.dataflow_yaml(saved)}
    return JSONResponse({"dataVersion": described, "legacyDatasetType": saved["datasetType"]} | dataflow)


def _in_v1(workspace: LocalWorkspace, name: str, version: str) -> Document:
    """Raises NotFound."""
    found = DATA.newest(workspace, name) if version == _NO_VERSION else DATA.find(workspace, name, version)
    if found is None:
        raise NotFound(f"there is neither a dataset nor a data asset '{name}' of version {version} in this workspace")
    properties = found["properties"]
    place = on_datastore(workspace, properties["dataUri"])
    uri = uri_of(*place) if place else properties["dataUri"]
    kind = _IN_V1[properties["dataType"]]
    return {"dataContainerName": name, "versionId": found["name"], "dataType": kind, "dataUri": uri}


routes = [Route("/data/v1.0/dataversion/{name}/versions/{version}", get_data_version)]
