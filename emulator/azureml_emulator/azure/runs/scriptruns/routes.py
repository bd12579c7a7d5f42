from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from azureml_emulator.azure.runs.scriptruns.local import invocation, read_definition
from azureml_emulator.azure.runs.scriptruns.runs import ScriptRuns
from azureml_emulator.azure.runs.scriptruns.shapes import Submission
from azureml_emulator.errors import NotSupported
from azureml_emulator.execution.executor import executor_of
from azureml_emulator.server.requests.body import a_file_name, read_object
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.wire import new_id


async def submit(request: Request) -> JSONResponse:
    executor_of(request).expect()
    run_id = _run_id(request)
    script_runs_of(request).submit(request.path_params["experiment"], run_id, await read_object(request, Submission))
    return JSONResponse({"runId": run_id})


async def cancel(request: Request) -> JSONResponse:
    await script_runs_of(request).cancel(request.path_params["run"])
    return JSONResponse({})


async def submit_locally(request: Request) -> Response:
    """The SDK starts what it gets here."""
    executor_of(request).expect()
    run_id = _run_id(request)
    script_runs_of(request).submit(request.path_params["experiment"], run_id, await read_definition(request))
    return Response(invocation(workspace_of(request), run_id), media_type="application/zip")


async def submit_zip(request: Request) -> JSONResponse:
    raise NotSupported("runs whose files are sent as a zip file (AML_FORCE_EXECUTE_WITH_ZIP): unset that variable")


def _run_id(request: Request) -> str:
    return a_file_name(request.query_params.get("runId") or new_id(), "runId")


def script_runs_of(request: Request) -> ScriptRuns:
    runs: ScriptRuns = request.app.state.script_runs
    return runs


_BASE = "/execution/v1.0/experiments/{experiment}"
routes = [
    Route(_BASE + "/snapshotrun", submit, methods=["POST"]),
    Route(_BASE + "/runid/{run}/cancel", cancel, methods=["POST"]),
    Route(_BASE + "/localrun", submit_locally, methods=["POST"]),
    # Not in the list of what there is: it only says what to do instead.
    Route(_BASE + "/startrun", submit_zip, methods=["POST"], include_in_schema=False),
]
