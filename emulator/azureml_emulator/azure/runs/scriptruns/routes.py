from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from azureml_emulator.azure.runs.scriptruns.runs import ScriptRuns
from azureml_emulator.azure.runs.scriptruns.shapes import Submission
from azureml_emulator.errors import NotSupported
from azureml_emulator.execution.executor import executor_of
from azureml_emulator.server.body import a_file_name, read_object
from azureml_emulator.wire import new_id


async def submit(request: Request) -> JSONResponse:
    executor_of(request).expect()
    run_id = a_file_name(request.query_params.get("runId") or new_id(), "runId")
    script_runs_of(request).submit(request.path_params["experiment"], run_id, await read_object(request, Submission))
    return JSONResponse({"runId": run_id})


async def cancel(request: Request) -> JSONResponse:
    await script_runs_of(request).cancel(request.path_params["run"])
    return JSONResponse({})


async def submit_locally(request: Request) -> JSONResponse:
    """The SDK would get a program here that prepares and runs the script on the client's own machine."""
    raise NotSupported("runs with compute_target='local', outside of the workspace: name an AmlCompute of it")


async def submit_zip(request: Request) -> JSONResponse:
    raise NotSupported("runs whose files are sent as a zip file (AML_FORCE_EXECUTE_WITH_ZIP): unset that variable")


def script_runs_of(request: Request) -> ScriptRuns:
    runs: ScriptRuns = request.app.state.script_runs
    return runs


_BASE = "/execution/v1.0/experiments/{experiment}"
routes = [
    Route(_BASE + "/snapshotrun", submit, methods=["POST"]),
    Route(_BASE + "/runid/{run}/cancel", cancel, methods=["POST"]),
    # Not in the list of what there is: they only say what to do instead.
    Route(_BASE + "/localrun", submit_locally, methods=["POST"], include_in_schema=False),
    Route(_BASE + "/startrun", submit_zip, methods=["POST"], include_in_schema=False),
]
