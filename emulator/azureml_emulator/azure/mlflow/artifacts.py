"""Files of runs as the plugin asks history for them: told where to put each, listed, and told where each is.

They are the files of the run that `run.upload_file` writes. The plugin reads only from addresses of a storage account's
form, so that even reading is by https here.
"""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from azureml_emulator.azure.storage.artifacts.content import EXPERIMENT_RUN, artifact, artifact_file, list_paths
from azureml_emulator.azure.storage.artifacts.content import content as content_of
from azureml_emulator.azure.storage.artifacts.routes import ManyAnnounced, announce
from azureml_emulator.errors import BadRequest, NotFound
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.wire import page


def _container(request: Request) -> str:
    """Raises NotFound for a run that isn't there."""
    return str(workspace_of(request).store.get("run", request.path_params["run"])["dataContainerId"])


async def create_many(request: Request) -> JSONResponse:
    body = await read_object(request, ManyAnnounced)
    return JSONResponse(announce(workspace_of(request), EXPERIMENT_RUN, _container(request), body))


async def list_all(request: Request) -> JSONResponse:
    container = _container(request)
    paths = list_paths(workspace_of(request), EXPERIMENT_RUN, container)
    return JSONResponse(page(artifact(EXPERIMENT_RUN, container, path) for path in paths))


async def get_content(request: Request) -> JSONResponse:
    workspace, container, path = workspace_of(request), _container(request), request.query_params.get("path", "")
    if not path:
        raise BadRequest("the request lacks 'path'")
    if not artifact_file(workspace, EXPERIMENT_RUN, container, path).is_file():
        raise NotFound(f"artifact '{path}' of run '{request.path_params['run']}' not found")
    return JSONResponse(content_of(workspace, EXPERIMENT_RUN, container, path, at_account=True))


_BASE = "/history/v1.0/experiments/{experiment}/runs/{run}/artifacts"
routes = [
    Route(_BASE + "/batch/metadata", create_many, methods=["POST"]),
    Route(_BASE, list_all),
    Route(_BASE + "/contentinfo", get_content),
]
