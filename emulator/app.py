"""The ASGI application: every service's routes behind the middleware that all share."""

from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, ExceptionHandler

from emulator import (
    arm,
    artifacts,
    blobs,
    compute,
    datasets,
    datastores,
    environments,
    faults,
    history,
    keyvault,
    metrics,
    models,
    own,
    pipelines,
    scriptruns,
    services,
    snapshots,
    studio,
    token,
)
from emulator.authentication import BearerMiddleware
from emulator.blobs.containers import ContainerMiddleware
from emulator.errors import ApiError, BadRequest, NotSupported
from emulator.faults.faults import Faults
from emulator.faults.middleware import FaultMiddleware
from emulator.pipelines.engine import Engine
from emulator.pipelines.scheduler import Scheduler
from emulator.requestlog import RequestLogMiddleware
from emulator.scope import ScopeMiddleware
from emulator.services.host import ServiceHost
from emulator.services.router import ScoringMiddleware, scoring
from emulator.studio.guard import StudioMiddleware
from emulator.workspace import LocalWorkspace

PACKAGES = (
    *(arm, token, history, metrics, artifacts, blobs, models, environments),
    *(compute, datastores, datasets, keyvault, snapshots, pipelines, scriptruns, services, own, faults),
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
            KeyError: cast(ExceptionHandler, _missing_key),
            ClientDisconnect: cast(ExceptionHandler, _gone),
        },
    )
    app.state.workspace, app.state.host = workspace, host
    app.state.engine, app.state.scheduler = engine, scheduler
    app.state.executor = engine.executor
    app.state.faults = Faults()
    return app


def with_scoring(app: Starlette) -> ASGIApp:
    """The application with the scoring requests that go past it, all in one log."""
    scored = ScoringMiddleware(app, FaultMiddleware(scoring, respond=_api_error))
    return RequestLogMiddleware(scored, app.state.workspace.folder)


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


async def _missing_key(request: Request, error: KeyError) -> JSONResponse:
    return await _api_error(request, BadRequest(f"the request lacks {error}"))
