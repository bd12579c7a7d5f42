"""Schedules as records: created, listed, changed and disabled. They do not fire yet."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.errors import BadRequest, NotSupported
from emulator.pipelines.documents import active_only, entity_status
from emulator.pipelines.modules import BASE
from emulator.wire import Document, new_id, now, without_internal
from emulator.workspace import workspace_of


async def create(request: Request) -> JSONResponse:
    store, body = workspace_of(request).store, await request.json()
    if not body.get("Recurrence"):
        raise NotSupported("schedules that poll a datastore")
    if body.get("PipelineEndpointId"):
        store.get("pipeline endpoint", body["PipelineEndpointId"])
    elif body.get("PipelineId"):
        store.get("pipeline", body["PipelineId"])
    else:
        raise BadRequest("a schedule needs a PipelineId or a PipelineEndpointId")
    identifier, moment = new_id(), now()
    stamped = {"Id": identifier, "ProvisioningStatus": "Completed", "EntityStatus": "Active", "Etag": "1"}
    stamped |= {"CreatedDate": moment, "LastModifiedDate": moment}
    return JSONResponse(store.put("schedule", identifier, body | stamped))


async def get_schedule(request: Request) -> JSONResponse:
    return JSONResponse(workspace_of(request).store.get("schedule", request.path_params["schedule"]))


async def list_schedules(request: Request) -> JSONResponse:
    schedules = workspace_of(request).store.all("schedule")
    for key, parameter in (("PipelineId", "pipeline"), ("PipelineEndpointId", "endpoint")):
        if wanted := request.path_params.get(parameter):
            return JSONResponse([schedule for schedule in schedules if schedule.get(key) == wanted])
    return JSONResponse(active_only(schedules, request.query_params))


async def update(request: Request) -> JSONResponse:
    store, identifier = workspace_of(request).store, request.path_params["schedule"]
    sent = {key: value for key, value in (await request.json()).items() if value is not None}
    schedule = store.get("schedule", identifier) | sent | {"Id": identifier, "LastModifiedDate": now()}
    schedule["EntityStatus"] = entity_status(schedule["EntityStatus"])
    return JSONResponse(store.put("schedule", identifier, schedule))


async def list_runs(request: Request) -> JSONResponse:
    return JSONResponse(_runs(request))


async def get_last_run(request: Request) -> Response:
    runs = _runs(request)
    return JSONResponse(runs[-1]) if runs else Response(status_code=204)


def _runs(request: Request) -> list[Document]:
    wanted = request.path_params["schedule"]
    runs = workspace_of(request).store.all("pipeline run")
    return [without_internal(run) for run in runs if run["ScheduleId"] == wanted]


routes = [
    Route(BASE + "/Schedules/Create", create, methods=["POST"]),
    Route(BASE + "/Schedules", list_schedules),
    Route(BASE + "/Schedules/Pipeline/{pipeline}", list_schedules),
    Route(BASE + "/Schedules/PipelineEndpoint/{endpoint}", list_schedules),
    Route(BASE + "/Schedules/{schedule}", get_schedule),
    Route(BASE + "/Schedules/{schedule}", update, methods=["PUT"]),
    Route(BASE + "/PipelineRuns/Schedule/{schedule}", list_runs),
    Route(BASE + "/PipelineRuns/Schedule/{schedule}/Last", get_last_run),
]
