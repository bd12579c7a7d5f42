"""`Environment.build`: no image is made here, so a build has ended at once, and its log says what runs take instead.

Where environments are virtual ones, that is what is built; where they must be as declared, one that isn't has failed.
"""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from azureml_emulator.azure.storage.artifacts.content import artifact_file, content_uri
from azureml_emulator.errors import BadRequest
from azureml_emulator.state.workspace import LocalWorkspace, workspace_of
from azureml_emulator.wire import new_id

_KIND = "environment build"
_ORIGIN = "EnvironmentBuild"
_LOG = "build.log"
_NO_IMAGE = "[local workspace] no image is built: steps and services run in a Python environment of this machine\n"


async def start(request: Request) -> JSONResponse:
    workspace, parameters = workspace_of(request), request.path_params
    definition = workspace.store.get("environment", f"{parameters['name']}:{parameters['version']}")
    status, note = "Succeeded", ""
    try:
        note = (await workspace.interpreters.prepare(definition)).note
    except BadRequest as error:
        status, note = "Failed", f"{error.message}\n"
    build = new_id()
    await asyncio.to_thread(_write_log, workspace, build, _NO_IMAGE + note)
    workspace.store.put(_KIND, build, {"status": status})
    location = f"{workspace.address.http}/environment/v1.0{workspace.scope}/environmentbuilds/{build}"
    return JSONResponse({"location": location}, 202)


async def get(request: Request) -> JSONResponse:
    workspace, build = workspace_of(request), request.path_params["build"]
    found = workspace.store.get(_KIND, build)
    return JSONResponse(found | {"logUrl": content_uri(workspace, _ORIGIN, build, _LOG)})


def _write_log(workspace: LocalWorkspace, build: str, text: str) -> None:
    log = artifact_file(workspace, _ORIGIN, build, _LOG)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(text)


_IMAGE = "/environment/v2.0/environments/{name}/versions/{version}"
routes = [
    Route(_IMAGE + "/image", start, methods=["POST"]),
    Route(_IMAGE + "/imageoncompute/{compute}", start, methods=["POST"]),
    Route("/environment/v1.0/environmentbuilds/{build}", get),
]
