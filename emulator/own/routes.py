from datetime import datetime, timedelta, timezone

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from emulator.errors import BadRequest
from emulator.pipelines.scheduler import scheduler_of
from emulator.wire import Document
from emulator.workspace import LocalWorkspace, workspace_of


async def get_clock(request: Request) -> JSONResponse:
    return JSONResponse(_shown(workspace_of(request)))


async def move_clock(request: Request) -> JSONResponse:
    """Forward, `{"advance": SECONDS}` or `{"to": TIME}`. Schedules that are due by then have fired with the answer."""
    workspace = workspace_of(request)
    workspace.clock.move(_wanted(workspace, await request.json()))
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
