"""Schedules: created, listed, changed and disabled. The scheduler fires them."""

import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from azureml_emulator.azure.pipelines.graphs.documents import active_only, entity_status
from azureml_emulator.azure.pipelines.graphs.modules import BASE
from azureml_emulator.azure.pipelines.schedules.scheduler import scheduler_of
from azureml_emulator.azure.pipelines.schedules.triggers import starts_at_once
from azureml_emulator.azure.pipelines.shapes import Schedule
from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.state.store import Store
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.wire import Document, new_id, now, without_internal

_TRIGGERS = ("Recurrence", "DataStoreTriggerInfo")
_EXPRESSION = re.compile(r"@\w+\(")


async def create(request: Request) -> JSONResponse:
    store, scheduler, body = workspace_of(request).store, scheduler_of(request), await read_object(request, Schedule)
    _check_what_it_starts(store, body)
    identifier, moment = new_id(), now()
    stamped = {"Id": identifier, "ProvisioningStatus": "Completed", "EntityStatus": "Active", "Etag": "1"}
    stamped |= {"CreatedDate": moment, "LastModifiedDate": moment}
    store.put("schedule", identifier, scheduler.plan(without_internal(body) | stamped))
    scheduler.wake()
    return JSONResponse(without_internal(store.get("schedule", identifier)))


async def get_schedule(request: Request) -> JSONResponse:
    store = workspace_of(request).store
    return JSONResponse(without_internal(store.get("schedule", request.path_params["schedule"])))


async def list_schedules(request: Request) -> JSONResponse:
    schedules = [without_internal(schedule) for schedule in workspace_of(request).store.all("schedule")]
    for key, parameter in (("PipelineId", "pipeline"), ("PipelineEndpointId", "endpoint")):
        if wanted := request.path_params.get(parameter):
            return JSONResponse([schedule for schedule in schedules if schedule.get(key) == wanted])
    return JSONResponse(active_only(schedules, request.query_params))


async def update(request: Request) -> JSONResponse:
    """The SDK sends the whole schedule, also where only its name or its status changes."""
    store, scheduler, identifier = workspace_of(request).store, scheduler_of(request), request.path_params["schedule"]
    sent = {
        key: value for key, value in without_internal(await read_object(request, Schedule)).items() if value is not None
    }
    if "EntityStatus" in sent:
        sent["EntityStatus"] = entity_status(sent["EntityStatus"])
    scheduler.wake()  # what was due before the change still fires
    stored = store.get("schedule", identifier)
    changed = {key for key in sent if sent[key] != stored.get(key)}
    schedule = stored | sent | {"Id": identifier, "LastModifiedDate": now()}
    _check_what_it_starts(store, schedule)
    # An update that changes nothing can only be meant to start the recurrence anew, as `schedule create --run-now`.
    anew = changed.intersection(_TRIGGERS) or (not changed and starts_at_once(schedule))
    store.put("schedule", identifier, scheduler.plan(schedule) if anew else scheduler.plan_again(schedule))
    scheduler.wake()
    return JSONResponse(without_internal(store.get("schedule", identifier)))


async def list_runs(request: Request) -> JSONResponse:
    return JSONResponse(_runs(request))


async def get_last_run(request: Request) -> Response:
    runs = _runs(request)
    return JSONResponse(runs[-1]) if runs else Response(status_code=204)


def _runs(request: Request) -> list[Document]:
    wanted = request.path_params["schedule"]
    runs = workspace_of(request).store.all("pipeline run", wanted)
    return [without_internal(run) for run in runs if run["ScheduleId"] == wanted]


def _check_what_it_starts(store: Store, schedule: Document) -> None:
    """Raises an ApiError for what could never be started."""
    if schedule.get("PipelineEndpointId"):
        store.get("pipeline endpoint", str(schedule["PipelineEndpointId"]))
    elif schedule.get("PipelineId"):
        _check_data_path(store, store.get("pipeline", str(schedule["PipelineId"])), schedule)
    else:
        raise BadRequest("a schedule needs a PipelineId or a PipelineEndpointId")
    submission = schedule.get("PipelineSubmissionInfo") or {}
    if not submission.get("ExperimentName"):
        raise BadRequest("a schedule needs an ExperimentName in its PipelineSubmissionInfo")
    for name, value in (submission.get("ParameterAssignments") or {}).items():
        if _EXPRESSION.match(str(value)):
            raise NotSupported(f"pipeline parameter expressions, as in {name}={value}: give the value itself")


def _check_data_path(store: Store, pipeline: Document, schedule: Document) -> None:
    """The parameter that a poll of a datastore sets must be one for data paths."""
    wanted = (schedule.get("DataStoreTriggerInfo") or {}).get("DataPathParameterName")
    declared = store.get("graph", pipeline["GraphId"])["interface"].get("DataPathParameters") or []
    names = [parameter["Name"] for parameter in declared]
    if wanted and wanted not in names:
        has = ", ".join(names) or "none"
        raise BadRequest(f"pipeline '{pipeline['Name']}' has no data path parameter '{wanted}': it has {has}")


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
