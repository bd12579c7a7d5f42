from starlette.requests import Request
from starlette.responses import JSONResponse

from azureml_emulator.azure.arm.jobs.submission import hosts_of
from azureml_emulator.azure.arm.schedules.documents import KIND, new_schedule
from azureml_emulator.azure.arm.schedules.scheduler import start_job
from azureml_emulator.azure.arm.schedules.shapes import Schedule, TriggerOnce
from azureml_emulator.azure.pipelines.schedules.scheduler import scheduler_of
from azureml_emulator.errors import Conflict
from azureml_emulator.execution.executor import executor_of
from azureml_emulator.server.asynchronous import done
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.server.requests.query import choice_of
from azureml_emulator.server.requests.strict_route import StrictRoute
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.wire import moment, page, without_internal

_VIEWS = {"EnabledOnly": (True,), "DisabledOnly": (False,), "All": (True, False)}
_SCHEDULE = "/arm/schedules/{name}"


async def put_schedule(request: Request) -> JSONResponse:
    """Every change is sent as the whole schedule, also where it is enabled or disabled only."""
    workspace, name = workspace_of(request), request.path_params["name"]
    properties = (await read_object(request, Schedule))["properties"]
    scheduler_of(request).wake()  # what was due before the change still fires
    known = workspace.store.find(KIND, name)
    with workspace.store.transaction():
        schedule = workspace.store.put(KIND, name, new_schedule(workspace, name, properties, known))
        headers = done(workspace, "PutSchedule", f"schedules/{name}")
    scheduler_of(request).wake()
    return JSONResponse(without_internal(schedule), 200 if known else 201, headers)


async def get_schedule(request: Request) -> JSONResponse:
    return JSONResponse(without_internal(workspace_of(request).store.get(KIND, request.path_params["name"])))


async def list_schedules(request: Request) -> JSONResponse:
    wanted = choice_of(request.query_params, "listViewType", _VIEWS, "EnabledOnly")
    found = workspace_of(request).store.all(KIND)
    return JSONResponse(page(without_internal(one) for one in found if one["properties"]["isEnabled"] in wanted))


async def delete_schedule(request: Request) -> JSONResponse:
    """https://learn.microsoft.com/azure/machine-learning/how-to-schedule-pipeline-job: it must be disabled before."""
    workspace, name = workspace_of(request), request.path_params["name"]
    if workspace.store.get(KIND, name)["properties"]["isEnabled"]:
        raise Conflict(f"schedule '{name}' is enabled: disable it before it is deleted")
    with workspace.store.transaction():
        workspace.store.delete(KIND, name)
        headers = done(workspace, "DeleteSchedule", f"schedules/{name}")
    return JSONResponse({}, 202, headers)


async def trigger_schedule(request: Request) -> JSONResponse:
    """Once, now, whether or not it is enabled; the time that was sent is told by the job's name."""
    executor_of(request).expect()
    hosts, name = hosts_of(request), request.path_params["name"]
    sent = (await read_object(request, TriggerOnce)).get("scheduleTime")
    schedule = hosts.workspace.store.get(KIND, name)
    job = start_job(hosts, schedule, moment(sent) if sent else hosts.workspace.clock.now())
    return JSONResponse({"submissionId": job, "scheduleActionType": "CreateJob"})


routes = [
    StrictRoute("/arm/schedules", list_schedules, parameters=("listViewType",)),
    StrictRoute(_SCHEDULE, put_schedule, methods=["PUT"]),
    StrictRoute(_SCHEDULE, get_schedule),
    StrictRoute(_SCHEDULE, delete_schedule, methods=["DELETE"]),
    StrictRoute(_SCHEDULE + "/trigger", trigger_schedule, methods=["POST"]),
]
