"""Modules (the definition of a step) and data types."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from azureml_emulator.azure.pipelines.graphs.kinds import refuse_other_kinds, run_configuration
from azureml_emulator.azure.pipelines.graphs.shapes import DataType, Module
from azureml_emulator.errors import NotFound
from azureml_emulator.execution.executor import executor_of
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.state.store import Store
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.wire import Document, new_id, now

BASE = "/pipelines/v1.0"
_DATA_TYPES = ("AnyFile", "AnyDirectory", "AzureBlobReference", "AzureMLDataset")
_PARAMETER_KEYS = ("Name", "DefaultValue", "IsOptional")


async def list_data_types(request: Request) -> JSONResponse:
    built_in = [
        {"Id": name, "Name": name, "Description": name, "IsDirectory": name == "AnyDirectory", "ParentDataTypeIds": []}
        | {"EntityStatus": "Active", "Etag": None, "CreatedDate": None, "LastModifiedDate": None}
        for name in _DATA_TYPES
    ]
    return JSONResponse(built_in + workspace_of(request).store.all("data type"))


async def create_data_type(request: Request) -> JSONResponse:
    body = await read_object(request, DataType)
    identifier = body.get("Id") or body["Name"]
    return JSONResponse(workspace_of(request).store.put("data type", identifier, body | {"Id": identifier}))


async def create_module(request: Request) -> JSONResponse:
    return JSONResponse(store_module(workspace_of(request).store, await read_object(request, Module)))


def store_module(store: Store, body: Document) -> Document:
    """Keep the definition of a step under an id of its own. Raises NotSupported for other kinds than there are."""
    refuse_other_kinds(body)
    run_configuration(body.get("Runconfig"), "Runconfig")
    identifier, moment = new_id(), now()
    stamped = {"Id": identifier, "UploadState": "Completed", "EntityStatus": "Active", "Etag": "1"}
    stamped |= {"CreatedDate": moment, "LastModifiedDate": moment, "StorageId": body["StorageId"]}
    return store.put("module", identifier, body | stamped)


async def find_module(request: Request) -> JSONResponse:
    """By the hash that the SDK computes of a step: 404 makes it upload the step anew."""
    executor_of(request).expect()
    wanted = request.path_params["hash"]
    for module in reversed(workspace_of(request).store.all("module")):
        if module.get("IdentifierHash") == wanted:
            return JSONResponse(view_module(module))
    raise NotFound(f"no module has the hash {wanted}")


async def get_module(request: Request) -> JSONResponse:
    return JSONResponse(view_module(workspace_of(request).store.get("module", request.path_params["module"])))


def view_module(module: Document) -> Document:
    """The definition, and the interface that the SDK reads apart from it."""
    definition = module["StructuredInterface"]
    inputs = [
        {"Name": port["Name"], "DataTypesIds": port.get("DataTypeIdsList"), "IsOptional": port.get("IsOptional")}
        for port in definition.get("Inputs") or []
    ]
    outputs = [{"Name": port["Name"], "DataTypeId": port.get("DataTypeId")} for port in definition.get("Outputs") or []]
    interface: Document = {
        kind: [{key: entry.get(key) for key in _PARAMETER_KEYS} | {"Type": "2"} for entry in definition.get(kind) or []]
        for kind in ("Parameters", "MetadataParameters")
    }
    return {"Data": module, "Interface": interface | {"Ports": {"Inputs": inputs, "Outputs": outputs}}}


routes = [
    Route(BASE + "/DataTypes", list_data_types),
    Route(BASE + "/DataTypes", create_data_type, methods=["POST"]),
    Route(BASE + "/Modules", create_module, methods=["POST"]),
    Route(BASE + "/Modules/Hash/{hash}", find_module),
    Route(BASE + "/Modules/{module}", get_module),
]
