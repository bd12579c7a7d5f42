"""A fresh workspace in the place of the one that is served, in the same process and at the same address."""

import asyncio
import shutil

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from azureml_emulator.azure.pipelines.runs.engine import Engine, engine_of
from azureml_emulator.azure.pipelines.schedules.scheduler import Scheduler, scheduler_of
from azureml_emulator.azure.runs.scriptruns.routes import script_runs_of
from azureml_emulator.azure.runs.scriptruns.runs import ScriptRuns
from azureml_emulator.azure.services.host import ServiceHost, host_of
from azureml_emulator.state.redirect.redirect import write_address
from azureml_emulator.state.workspace import LocalWorkspace, workspace_of
from azureml_emulator.testing.faults.faults import Faults, faults_of

_FOLDERS = ("blobs", "blob-records", "blocks", "runs", "services")


async def reset_workspace(request: Request) -> JSONResponse:
    """An empty workspace with another id: for tests that each want one of their own."""
    workspace = workspace_of(request)
    runs = engine_of(request), script_runs_of(request)
    parts = *runs, scheduler_of(request), host_of(request), faults_of(request)
    # Also when the client goes away in the middle: half a workspace is no use to anyone.
    await asyncio.shield(reset(workspace, *parts))
    return JSONResponse({"workspace": workspace.id})


async def reset(
    workspace: LocalWorkspace,
    engine: Engine,
    scripts: ScriptRuns,
    scheduler: Scheduler,
    host: ServiceHost,
    faults: Faults,
) -> None:
    """End runs, services and faults, and delete what the workspace holds. Its id is another afterwards.

    Whoever still writes in this moment writes into the fresh one.
    """
    faults.clear()
    await asyncio.gather(engine.close(), scripts.close(), host.clear())
    workspace.forget()
    write_address(workspace)
    scheduler.wake()
    for name in _FOLDERS:
        await asyncio.to_thread(shutil.rmtree, workspace.folder / name, ignore_errors=True)


# Not in the list of what there is: for the pytest plugin only, whose tests have a process of their own.
routes = [Route("/own/reset", reset_workspace, methods=["POST"], include_in_schema=False)]
