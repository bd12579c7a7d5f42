"""A fresh workspace in the place of the one that is served, in the same process and at the same address."""

import asyncio
import shutil

from azureml_emulator.azure.pipelines.runs.engine import Engine
from azureml_emulator.azure.pipelines.schedules.scheduler import Scheduler
from azureml_emulator.azure.runs.scriptruns.runs import ScriptRuns
from azureml_emulator.azure.services.host import ServiceHost
from azureml_emulator.state.redirect import write_address
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.testing.faults.faults import Faults

_FOLDERS = ("blobs", "blocks", "runs", "services")


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
