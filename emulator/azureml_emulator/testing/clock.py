"""The clock that schedules go by, which can be moved forward."""

from datetime import datetime, timedelta, timezone

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from typing_extensions import TypedDict

from azureml_emulator.azure.pipelines.schedules.scheduler import scheduler_of
from azureml_emulator.errors import BadRequest
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.state.workspace import LocalWorkspace, workspace_of
from azureml_emulator.wire import Document


class Move(TypedDict, total=False):
    advance: float
    to: str


async def get_clock(request: Request) -> JSONResponse:
    return JSONResponse(_shown(workspace_of(request)))


async def move_clock(request: Request) -> JSONResponse:
    """Forward, `{"advance": SECONDS}` or `{"to": TIME}`. Schedules that are due by then have fired with the answer."""
    workspace = workspace_of(request)
    workspace.clock.move(_wanted(workspace, await read_object(request, Move)))
    scheduler_of(request).wake()
    return JSONResponse(_shown(workspace))


def _wanted(workspace: LocalWorkspace, body: Document) -> datetime:
    try:
        if "advance" in body:
            return workspace.clock.now() + timedelta(seconds=body["advance"])
        wanted = datetime.fromisoformat(str(body["to"]).replace("Z", "+00:00"))
    except (ValueError, TypeError, OverflowError) as error:
        raise BadRequest(f"the clock cannot be moved so ({error}): say how many seconds, or to which time") from None
    return wanted if wanted.tzinfo else wanted.replace(tzinfo=timezone.utc)


def _shown(workspace: LocalWorkspace) -> Document:
    return {"now": workspace.clock.now().isoformat(timespec="seconds")}


routes = [
    Route("/own/clock", get_clock),
    Route("/own/clock", move_clock, methods=["POST"]),
]
