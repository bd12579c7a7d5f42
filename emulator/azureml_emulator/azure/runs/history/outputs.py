"""Where the outputs of runs are: named by run history as assets, and resolved by the services of data and of models."""

from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from typing_extensions import Required, TypedDict

from azureml_emulator.errors import NotFound
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.server.requests.shapes import Items, Reference
from azureml_emulator.state.store import Store
from azureml_emulator.state.workspace import LOCATION, LocalWorkspace, workspace_of
from azureml_emulator.wire import Document, without_internal


class Asked(TypedDict, total=False):
    runId: Required[Reference]
    selectRunMetadata: bool | None
    selectRunDefinition: bool | None
    selectJobSpecification: bool | None


class Assets(TypedDict):
    values: Items[Reference]


async def get_run_data(request: Request) -> JSONResponse:
    workspace, asked = workspace_of(request), await read_object(request, Asked)
    run = workspace.store.get("run", asked["runId"])
    outputs = {
        name: {"assetId": _asset_id(workspace, run["runId"], name), "type": one["type"]}
        for name, one in outputs_of(workspace.store, run).items()
    }
    definition = run["runDefinition"] if asked.get("selectRunDefinition") else None
    metadata = without_internal(run) | {"outputs": outputs}
    return JSONResponse({"runMetadata": metadata, "runDefinition": definition, "jobSpecification": None})


async def resolve(request: Request) -> JSONResponse:
    workspace, asked = workspace_of(request), (await read_object(request, Assets))["values"]
    return JSONResponse({"values": {asset: _resolved(workspace, asset) for asset in asked}})


def outputs_of(store: Store, run: Document) -> Document:
    """By name: `{"datastore", "path", "uri", "type"}`. Those of a pipeline are of its steps that have started."""
    pipeline = store.find("pipeline run", run["runId"])
    if pipeline is None:
        return dict(run.get("_outputs") or {})
    written = {}
    for name, port in (pipeline.get("_outputs") or {}).items():
        step = store.find("run", str(pipeline["_nodes"][port["node"]]["RunId"]))
        if step and port["output"] in (step.get("_outputs") or {}):
            written[name] = step["_outputs"][port["output"]]
    return written


def _asset_id(workspace: LocalWorkspace, run_id: str, output: str) -> str:
    """Named as Azure names the data asset that it makes of an output."""
    scope = f"azureml://locations/{LOCATION}/workspaces/{workspace.id}"
    return f"{scope}/data/azureml_{run_id}_output_data_{output}/versions/1"


def _resolved(workspace: LocalWorkspace, asset: str) -> Document:
    for run in _runs_in(workspace.store, asset):
        for name, one in outputs_of(workspace.store, run).items():
            if asset == _asset_id(workspace, run["runId"], name):
                return {"uri": one["uri"], "type": one["type"]}
    raise NotFound(f"'{asset[:200]}' is no output of a run of this workspace")


def _runs_in(store: Store, asset: str) -> Iterable[Document]:
    """Those whose id may be in an asset's: both names may hold what is between them."""
    named = asset.rpartition("/data/azureml_")[2].split("_output_data_")
    ids = ("_output_data_".join(named[:count]) for count in range(1, len(named)))
    return (run for run_id in ids if (run := store.find("run", run_id)))


routes = [
    Route("/history/v1.0/rundata", get_run_data, methods=["POST"]),
    Route("/data/v1.0/dataversion/batchGetResolvedUris", resolve, methods=["POST"]),
    Route("/modelregistry/v1.0/models/batchGetResolvedUris", resolve, methods=["POST"]),
]
