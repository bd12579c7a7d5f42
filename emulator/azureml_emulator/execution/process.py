"""What surrounds the process of a run: its restored snapshot, its log, its environment variables and its files."""

import asyncio
import os
import time
from pathlib import Path

from azureml_emulator.azure.computes.gpus import gpus_per_node, machine_gpus
from azureml_emulator.azure.runs.history.experiments import ensure_experiment
from azureml_emulator.azure.storage.artifacts.content import EXPERIMENT_RUN, artifact_file
from azureml_emulator.azure.storage.blobs.logs import read_recently
from azureml_emulator.azure.storage.snapshots.routes import restore_snapshot
from azureml_emulator.execution.job import Job
from azureml_emulator.execution.logtail import log_tail
from azureml_emulator.state.redirect import client_variables
from azureml_emulator.state.tokens import TOKEN_SECONDS
from azureml_emulator.state.whole import copy_whole
from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION, LocalWorkspace

_OWN_PREFIXES = ("AZUREML_", "MSI_", "ARM_CLOUD")
DRIVER_LOG = "azureml-logs/70_driver_log.txt"
"""Of a step. The SDK streams those of steps that are named `azureml-logs/NN_….txt` only."""
_LOG_TAIL = 4000
_STREAM_SECONDS = 1.2
"""A client that streams a log polls once a second and does not look again after the final status."""


async def prepare_folders(workspace: LocalWorkspace, job: Job, note: str) -> tuple[Path, Path]:
    """Restore the job's snapshot and begin its log with a note; where they lie. Raises NotFound without a snapshot."""
    folder = workspace.folder / "runs" / job.run_id / "code"
    await restore_snapshot(workspace, job.snapshot_id, folder)
    log = log_file(workspace, job.run_id, job.log)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(note + _gpu_note(workspace, job.target))
    return folder, log


def log_file(workspace: LocalWorkspace, run_id: str, name: str = DRIVER_LOG) -> Path:
    return artifact_file(workspace, EXPERIMENT_RUN, f"dcid.{run_id}", name)


def inherited_environment() -> dict[str, str]:
    """The variables of the emulator that what it starts may see: not those that say where an SDK finds a workspace."""
    return {key: value for key, value in os.environ.items() if not key.startswith(_OWN_PREFIXES)}


def common_environment(workspace: LocalWorkspace) -> dict[str, str]:
    """The variables that are the same for all runs: those of the emulator, and where the SDK finds the workspace."""
    environment = inherited_environment() | client_variables(workspace) | {"PYTHONUNBUFFERED": "1"}
    del environment["MSI_ENDPOINT"]
    return environment


def job_environment(workspace: LocalWorkspace, job: Job) -> dict[str, str]:
    """The variables of a job's process. The identity endpoint is there only if its compute has an identity."""
    address = workspace.address
    environment = common_environment(workspace) | {
        "AZUREML_ARM_SUBSCRIPTION": SUBSCRIPTION,
        "AZUREML_ARM_RESOURCEGROUP": RESOURCE_GROUP,
        "AZUREML_ARM_WORKSPACE_NAME": NAME,
        "AZUREML_ARM_PROJECT_NAME": job.experiment,
        "AZUREML_EXPERIMENT_ID": ensure_experiment(workspace.store, job.experiment)["experimentId"],
        "AZUREML_WORKSPACE_ID": workspace.id,
        "AZUREML_RUN_ID": job.run_id,
        "AZUREML_ROOT_RUN_ID": workspace.store.get("run", job.run_id)["rootRunId"],
        "AZUREML_RUN_TOKEN": workspace.tokens.bearer(f"run:{job.run_id}"),
        "AZUREML_RUN_TOKEN_EXPIRY": str(int(time.time()) + TOKEN_SECONDS),
        "AZUREML_SERVICE_ENDPOINT": address.http,
        "AZUREML_DISCOVERY_SERVICE_ENDPOINT": f"{address.http}/discovery",
        "AZUREML_RUN_CONFIGURATION": "",
        "AZUREML_FRAMEWORK": "PYTHON",
    }
    compute = workspace.store.find("compute", job.target)
    if compute and compute.get("identity"):
        identity_endpoint = client_variables(workspace)["MSI_ENDPOINT"]
        environment |= {"MSI_ENDPOINT": identity_endpoint, "MSI_SECRET": workspace.tokens.identity_secret}
    return environment | job.variables


def failure_message(workspace: LocalWorkspace, job: Job, code: int) -> str:
    tail = log_tail(log_file(workspace, job.run_id, job.log), _LOG_TAIL)
    return f"User program failed with exit code {code}\n{tail}"


def timeout_message(job: Job) -> str:
    return f"the run took longer than its max_run_duration_seconds, {job.max_seconds:g}: it was ended"


async def collect_files(workspace: LocalWorkspace, run_id: str) -> None:
    """Keep what the script wrote below outputs/ and logs/, as the host tools on real compute do."""
    code = workspace.folder / "runs" / run_id / "code"
    for folder in ("outputs", "logs"):
        for file in (code / folder).rglob("*"):
            target = artifact_file(workspace, EXPERIMENT_RUN, f"dcid.{run_id}", file.relative_to(code).as_posix())
            if file.is_file() and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                await asyncio.to_thread(copy_whole, file, target)


async def let_streams_finish(workspace: LocalWorkspace, job: Job) -> None:
    """Hold back the final status until a client that streams the log has read its end."""
    if read_recently(workspace, log_file(workspace, job.run_id, job.log)):
        await asyncio.sleep(_STREAM_SECONDS)


def _gpu_note(workspace: LocalWorkspace, target: str) -> str:
    compute = workspace.store.find("compute", target)
    vm_size = (compute or {}).get("properties", {}).get("properties", {}).get("vmSize") or ""
    if gpus_per_node(vm_size) and not machine_gpus():
        return f"[local workspace] compute '{target}' is a GPU size ({vm_size}); this machine has no GPU: CPU only\n"
    return ""
