"""The ASGI application: every service's routes behind the middleware that all share."""

from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, ExceptionHandler

from azureml_emulator.azure import arm, computes, identity, mlflow, pipelines, services
from azureml_emulator.azure.arm import online_endpoints
from azureml_emulator.azure.arm.clouds import CloudsMiddleware
from azureml_emulator.azure.assets import datasets, environments, models
from azureml_emulator.azure.pipelines.runs.engine import Engine
from azureml_emulator.azure.pipelines.schedules.scheduler import Scheduler
from azureml_emulator.azure.runs import history, metrics, scriptruns
from azureml_emulator.azure.services.host import ServiceHost
from azureml_emulator.azure.services.routing.router import ScoringMiddleware, scoring
from azureml_emulator.azure.storage import artifacts, blobs, datastores, keyvault, snapshots
from azureml_emulator.azure.storage.blobs.containers import ContainerMiddleware
from azureml_emulator.errors import ApiError, BadRequest, NoRoom, NotSupported
from azureml_emulator.server.middleware.authentication import BearerMiddleware
from azureml_emulator.server.middleware.parameters import ParameterMiddleware
from azureml_emulator.server.middleware.requestlog import RequestLogMiddleware
from azureml_emulator.server.middleware.scope import ScopeMiddleware
from azureml_emulator.server.protocol import REASON, reason
from azureml_emulator.state.disk.room import is_no_room, without_room
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.studio import routes as studio
from azureml_emulator.studio.access.guard import StudioMiddleware
from azureml_emulator.testing import clock, faults, reset
from azureml_emulator.testing.answers import keeping_answers
from azureml_emulator.testing.faults.faults import Faults
from azureml_emulator.testing.faults.middleware import FaultMiddleware

PACKAGES = (
    *(arm, identity, history, metrics, artifacts, blobs, models, environments),
    *(
        mlflow,
        computes,
        datastores,
        datasets,
        keyvault,
        snapshots,
        pipelines,
        scriptruns,
        services,
        online_endpoints,
        clock,
        faults,
        reset,
    ),
)

_MLFLOW_CODES = {
    400: "INVALID_PARAMETER_VALUE",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "RESOURCE_DOES_NOT_EXIST",
    409: "RESOURCE_ALREADY_EXISTS",
}


def build_app(workspace: LocalWorkspace, engine: Engine, scheduler: Scheduler, host: ServiceHost) -> Starlette:
    app = Starlette(
        # The studio page is for people, and no part of what the SDK asks for.
        routes=[route for package in (*PACKAGES, studio) for route in package.routes],
        middleware=[
            Middleware(ScopeMiddleware),
            Middleware(ContainerMiddleware),
            Middleware(BearerMiddleware),
            Middleware(StudioMiddleware),
            Middleware(ParameterMiddleware, respond=_api_error),
            Middleware(FaultMiddleware, respond=_api_error),
        ],
        exception_handlers={
            ApiError: cast(ExceptionHandler, _api_error),
            HTTPException: cast(ExceptionHandler, _unknown_route),
            ClientDisconnect: cast(ExceptionHandler, _gone),
            OSError: cast(ExceptionHandler, _no_room),
        },
    )
    app.router.redirect_slashes = (
        False  # no client asks for it, and a path that may end with a slash would go in circles
    )
    app.state.workspace, app.state.host = workspace, host
    app.state.engine, app.state.scheduler = engine, scheduler
    app.state.executor = engine.executor
    app.state.faults = Faults()
    return app


def with_scoring(app: Starlette) -> ASGIApp:
    """The application with the scoring requests that go past it, all in one log but those for the list of clouds."""
    workspace: LocalWorkspace = app.state.workspace
    scored = ScoringMiddleware(app, FaultMiddleware(scoring, respond=_api_error))
    logged = RequestLogMiddleware(keeping_answers(scored, workspace.folder), workspace.folder)
    return CloudsMiddleware(logged, workspace.address)


async def _api_error(request: Request, error: ApiError) -> JSONResponse:
    body = error.body()
    if request.url.path.startswith("/pipelines/"):  # the one service whose keys are in Pascal case
        body |= {"Error": {"Code": error.code, "Message": error.message}}
    if request.url.path.startswith("/mlflow/"):  # by this code, not by the status, MLflow tells what is not there
        known = "NOT_IMPLEMENTED" if isinstance(error, NotSupported) else _MLFLOW_CODES.get(error.status)
        body |= {"error_code": known or "INTERNAL_ERROR"}
    headers = {"x-ms-error-code": error.code}
    if error.status == BadRequest.status:  # as refusals have it: clients that show the status line only show why
        headers[REASON] = reason(error.message)
    return JSONResponse(body, error.status, headers)


async def _unknown_route(request: Request, _error: HTTPException) -> JSONResponse:
    """Neither an unknown path nor an unknown method is ever answered as if it had worked."""
    return await _api_error(request, NotSupported(f"the operation {request.method} {request.url.path}"))


async def _gone(_request: Request, _error: ClientDisconnect) -> Response:
    """The client went away in the middle of its body: nobody reads this."""
    return Response(status_code=400)


async def _no_room(request: Request, error: Exception) -> JSONResponse:
    """Whichever operation met it. What else the system says is a fault of ours."""
    if not is_no_room(error):
        raise error
    return await _api_error(request, NoRoom(without_room(error)))
