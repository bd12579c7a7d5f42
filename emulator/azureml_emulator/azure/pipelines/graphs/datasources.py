"""Data sources: places on datastores that graphs refer to, as the SDK makes them of data references and data paths."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from azureml_emulator.azure.pipelines.graphs.modules import BASE
from azureml_emulator.azure.pipelines.graphs.shapes import DataSource
from azureml_emulator.azure.runs.data.ports import place, wire_location
from azureml_emulator.errors import NotFound, NotSupported
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.wire import Document, new_id, now, without_internal

_SQL = ("SqlTableName", "SqlQuery", "SqlStoredProcedureName")


async def create(request: Request) -> JSONResponse:
    workspace, body = workspace_of(request), await read_object(request, DataSource)
    if given := [key for key in _SQL if body.get(key)]:
        raise NotSupported(f"data sources with {given[0]}")
    where = place(workspace, body["DataStoreName"], body.get("PathOnDataStore") or "")
    identifier, moment = new_id(), now()
    document: Document = {
        "Id": identifier,
        "Name": body["Name"],
        "Description": body.get("Description"),
        "DataTypeId": body.get("DataTypeId"),
        "IdentifierHash": body.get("IdentifierHash"),
        "DataLocation": wire_location(where),
        "UploadState": "Completed",
        "EntityStatus": "Active",
        "Etag": "1",
        "CreatedDate": moment,
        "LastModifiedDate": moment,
        "_datastore": where.datastore,
        "_path": where.path,
    }
    return JSONResponse(without_internal(workspace.store.put("data source", identifier, document)))


async def get_by_id(request: Request) -> JSONResponse:
    store = workspace_of(request).store
    return JSONResponse(without_internal(store.get("data source", request.path_params["source"])))


async def find(request: Request) -> JSONResponse:
    """By the hash that the SDK computes of one: 404 makes it create the data source."""
    wanted = request.path_params["hash"]
    for document in workspace_of(request).store.all("data source"):
        if document["IdentifierHash"] == wanted:
            return JSONResponse(without_internal(document))
    raise NotFound(f"no data source has the hash {wanted}")


routes = [
    Route(BASE + "/DataSources", create, methods=["POST"]),
    Route(BASE + "/DataSources/Hash/{hash}", find),
    Route(BASE + "/DataSources/{source}", get_by_id),
]
