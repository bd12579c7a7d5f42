"""Run a planned step as a subprocess, in its restored snapshot, with the environment that the service would set."""

import asyncio
import os
import shutil
import time
from pathlib import Path

from emulator.artifacts.content import EXPERIMENT_RUN, artifact_file
from emulator.blobs.logs import read_recently
from emulator.compute.gpus import gpus_per_node, machine_gpus
from emulator.history.runs import ensure_experiment
from emulator.pipelines.step import DRIVER_LOG, Step
from emulator.processes import Child
from emulator.redirect import client_variables
from emulator.snapshots.routes import restore_snapshot
from emulator.tokens import TOKEN_SECONDS
from emulator.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION, LocalWorkspace

_DRIVER = Path(__file__).with_name("driver.py")
_OWN_PREFIXES = ("AZUREML_", "MSI_", "ARM_CLOUD", "AMLGPU_")
_STREAM_SECONDS = 1.2
"""A client that streams a log polls once a second and does not look again after the final status."""


async def start_step(workspace: LocalWorkspace, step: Step, experiment: str) -> Child:
    folder = workspace.folder / "runs" / step.run_id / "code"
    await restore_snapshot(workspace, step.snapshot_id, folder)
    for output in step.outputs.values():
        output.prepared.mkdir(parents=True, exist_ok=True)
    log = log_file(workspace, step.run_id)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(_gpu_note(workspace, step.target))
    return await Child.start(
        [workspace.python, str(_DRIVER), step.script, *step.arguments],
        folder=folder,
        environment=step_environment(workspace, step, experiment),
        log=log,
    )


def log_file(workspace: LocalWorkspace, run_id: str) -> Path:
    return artifact_file(workspace, EXPERIMENT_RUN, f"dcid.{run_id}", DRIVER_LOG)


def step_environment(workspace: LocalWorkspace, step: Step, experiment: str) -> dict[str, str]:
    """The variables of the step's process. The identity endpoint is there only if its compute has an identity."""
    address = workspace.address
    environment = {key: value for key, value in os.environ.items() if not key.startswith(_OWN_PREFIXES)}
    client = client_variables(workspace)
    identity_endpoint = client.pop("MSI_ENDPOINT")
    environment |= client
    environment |= {
        "AZUREML_ARM_SUBSCRIPTION": SUBSCRIPTION,
        "AZUREML_ARM_RESOURCEGROUP": RESOURCE_GROUP,
        "AZUREML_ARM_WORKSPACE_NAME": NAME,
        "AZUREML_ARM_PROJECT_NAME": experiment,
        "AZUREML_EXPERIMENT_ID": ensure_experiment(workspace.store, experiment)["experimentId"],
        "AZUREML_WORKSPACE_ID": workspace.id,
        "AZUREML_RUN_ID": step.run_id,
        "AZUREML_ROOT_RUN_ID": workspace.store.get("run", step.run_id)["rootRunId"],
        "AZUREML_RUN_TOKEN": workspace.tokens.bearer(f"run:{step.run_id}"),
        "AZUREML_RUN_TOKEN_EXPIRY": str(int(time.time()) + TOKEN_SECONDS),
        "AZUREML_SERVICE_ENDPOINT": address.http,
        "AZUREML_DISCOVERY_SERVICE_ENDPOINT": f"{address.http}/discovery",
        "AZUREML_RUN_CONFIGURATION": "",
        "AZUREML_FRAMEWORK": "PYTHON",
        "PYTHONUNBUFFERED": "1",
    }
    compute = workspace.store.find("compute", step.target or "")
    if compute and compute.get("identity"):
        environment |= {"MSI_ENDPOINT": identity_endpoint, "MSI_SECRET": workspace.tokens.identity_secret}
    return environment | _with_inherited_path(step.variables)


def _with_inherited_path(variables: dict[str, str]) -> dict[str, str]:
    """A step's own PYTHONPATH goes before the one that the emulator was started with."""
    paths = [path for path in (variables.get("PYTHONPATH"), os.environ.get("PYTHONPATH")) if path]
    return variables | ({"PYTHONPATH": os.pathsep.join(paths)} if paths else {})


async def collect_files(workspace: LocalWorkspace, run_id: str) -> None:
    """Keep what the script wrote below outputs/ and logs/, as the host tools on real compute do."""
    code = workspace.folder / "runs" / run_id / "code"
    for folder in ("outputs", "logs"):
        for file in (code / folder).rglob("*"):
            target = artifact_file(workspace, EXPERIMENT_RUN, f"dcid.{run_id}", file.relative_to(code).as_posix())
            if file.is_file() and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                await asyncio.to_thread(shutil.copyfile, file, target)


async def let_streams_finish(workspace: LocalWorkspace, run_id: str) -> None:
    """Hold back the final status until a client that streams the log has read its end."""
    if read_recently(workspace, log_file(workspace, run_id)):
        await asyncio.sleep(_STREAM_SECONDS)


def _gpu_note(workspace: LocalWorkspace, target: str | None) -> str:
    compute = workspace.store.find("compute", target or "")
    vm_size = (compute or {}).get("properties", {}).get("properties", {}).get("vmSize") or ""
    if gpus_per_node(vm_size) and not machine_gpus():
        return f"[local workspace] compute '{target}' is a GPU size ({vm_size}); this machine has no GPU: CPU only\n"
    return ""
