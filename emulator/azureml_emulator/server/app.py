"""The ASGI application: every service's routes behind the middleware that all share."""

from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, ExceptionHandler

from azureml_emulator import studio
from azureml_emulator.azure import arm, computes, identity, pipelines, services
from azureml_emulator.azure.arm.clouds import CloudsMiddleware
from azureml_emulator.azure.assets import datasets, environments, models
from azureml_emulator.azure.pipelines.runs.engine import Engine
from azureml_emulator.azure.pipelines.schedules.scheduler import Scheduler
from azureml_emulator.azure.runs import history, metrics, scriptruns
from azureml_emulator.azure.services.host import ServiceHost
from azureml_emulator.azure.services.routing.router import ScoringMiddleware, scoring
from azureml_emulator.azure.storage import artifacts, blobs, datastores, keyvault, snapshots
from azureml_emulator.azure.storage.blobs.containers import ContainerMiddleware
from azureml_emulator.errors import ApiError, NotSupported
from azureml_emulator.server.authentication import BearerMiddleware
from azureml_emulator.server.requestlog import RequestLogMiddleware
from azureml_emulator.server.scope import ScopeMiddleware
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.studio.access.guard import StudioMiddleware
from azureml_emulator.testing import clock, faults, reset
from azureml_emulator.testing.faults.faults import Faults
from azureml_emulator.testing.faults.middleware import FaultMiddleware

PACKAGES = (
    *(arm, identity, history, metrics, artifacts, blobs, models, environments),
    *(computes, datastores, datasets, keyvault, snapshots, pipelines, scriptruns, services, clock, faults, reset),
)


def build_app(workspace: LocalWorkspace, engine: Engine, scheduler: Scheduler, host: ServiceHost) -> Starlette:
    app = Starlette(
        # The studio page is for people, and no part of what the SDK asks for.
        routes=[route for package in (*PACKAGES, studio) for route in package.routes],
        middleware=[
            Middleware(ScopeMiddleware),
            Middleware(ContainerMiddleware),
            Middleware(BearerMiddleware),
            Middleware(StudioMiddleware),
            Middleware(FaultMiddleware, respond=_api_error),
        ],
        exception_handlers={
            ApiError: cast(ExceptionHandler, _api_error),
            HTTPException: cast(ExceptionHandler, _unknown_route),
            ClientDisconnect: cast(ExceptionHandler, _gone),
        },
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
    return CloudsMiddleware(RequestLogMiddleware(scored, workspace.folder), workspace.address)


async def _api_error(request: Request, error: ApiError) -> JSONResponse:
    body = error.body()
    if request.url.path.startswith("/pipelines/"):  # the one service whose keys are in Pascal case
        body |= {"Error": {"Code": error.code, "Message": error.message}}
    return JSONResponse(body, error.status, {"x-ms-error-code": error.code})


async def _unknown_route(request: Request, _error: HTTPException) -> JSONResponse:
    """Neither an unknown path nor an unknown method is ever answered as if it had worked."""
    return await _api_error(request, NotSupported(f"the operation {request.method} {request.url.path}"))


async def _gone(_request: Request, _error: ClientDisconnect) -> Response:
    """The client went away in the middle of its body: nobody reads this."""
    return Response(status_code=400)
