from itertools import islice

from starlette.requests import Request
from starlette.responses import JSONResponse

from azureml_emulator.azure.arm.jobs import changes
from azureml_emulator.azure.arm.jobs.documents import describe, job_resource
from azureml_emulator.azure.arm.jobs.shapes import Job
from azureml_emulator.azure.arm.jobs.submission import hosts_of, submit_job
from azureml_emulator.azure.arm.resources import done
from azureml_emulator.azure.arm.strictness import refuse_unknown
from azureml_emulator.azure.runs.scriptruns.runs import RUN_TYPE
from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.execution.executor import executor_of
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.server.requests.query import choice_of, number_of
from azureml_emulator.server.requests.refusals import Refusal
from azureml_emulator.server.requests.strict_route import StrictRoute
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.wire import page

_VIEWS = {"ActiveOnly": (False,), "ArchivedOnly": (True,), "All": (False, True)}
_JOB = "/arm/jobs/{name}"


async def put_job(request: Request) -> JSONResponse:
    executor_of(request).expect()
    hosts, name = hosts_of(request), request.path_params["name"]
    body = await read_object(request, Job)
    refuse_unknown(body, Job.__annotations__, "a job")
    properties = body["properties"]
    if hosts.workspace.store.find("job", name):
        changes.change_job(hosts.workspace, name, properties)
        return JSONResponse(job_resource(hosts.workspace, name))
    return JSONResponse(submit_job(hosts, name, properties), 201)


async def get_job(request: Request) -> JSONResponse:
    return JSONResponse(job_resource(workspace_of(request), request.path_params["name"]))


async def list_jobs(request: Request) -> JSONResponse:
    """Newest first."""
    workspace, asked = workspace_of(request), request.query_params
    wanted, kind = choice_of(asked, "listViewType", _VIEWS, "ActiveOnly"), asked.get("jobType")
    runs = workspace.store.newest_first("run")
    above = (run for run in runs if not run["parentRunId"] and bool(run["hidden"]) in wanted)
    jobs = (job for run in above if (job := describe(workspace, run)))
    found = [
        job
        for job in jobs
        if kind in (None, "", job["properties"]["jobType"]) and _has_tag(job["properties"]["tags"], asked.get("tag"))
    ]
    return JSONResponse(page(islice(found, number_of(dict(asked), "$skip", 0), None)))


async def cancel_job(request: Request) -> JSONResponse:
    """The answer comes, and the operation ends, when the job has."""
    hosts, name = hosts_of(request), request.path_params["name"]
    run = hosts.workspace.store.get("run", name)
    if run["parentRunId"]:
        raise BadRequest(f"'{name}' is a part of job '{run['rootRunId']}': cancel that one")
    if hosts.workspace.store.find("pipeline run", name):
        await hosts.engine.cancel(name)
        await hosts.engine.ended(name)
    elif run["runType"] == RUN_TYPE:
        await hosts.script_runs.cancel(name)
    else:
        raise NotSupported(f"the cancellation of '{name}', which runs where its client is")
    return JSONResponse({}, 202, done(hosts.workspace, "CancelJob", f"jobs/{name}"))


def _has_tag(tags: dict[str, str], asked: str | None) -> bool:
    """Asked for as NAME or as NAME=VALUE."""
    name, _, value = (asked or "").partition("=")
    return not asked or (name in tags and (not value or tags[name] == value))


_KEPT = "jobs stay in run history: archive it"
routes = [
    StrictRoute("/arm/jobs", list_jobs, parameters=("listViewType", "jobType", "tag", "$skip")),
    StrictRoute(_JOB, put_job, methods=["PUT"]),
    StrictRoute(_JOB, get_job),
    StrictRoute(_JOB + "/cancel", cancel_job, methods=["POST"]),
    Refusal(_JOB, _KEPT, ["DELETE"]),
]
