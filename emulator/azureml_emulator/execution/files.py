"""Files around the process of a run: its restored snapshot, its log, and what it leaves to be kept."""

import asyncio
from pathlib import Path

from azureml_emulator.azure.storage.artifacts.content import EXPERIMENT_RUN, artifact_file
from azureml_emulator.azure.storage.blobs.logs import read_recently
from azureml_emulator.azure.storage.snapshots.routes import restore_snapshot
from azureml_emulator.execution.job import Job
from azureml_emulator.execution.logtail import log_tail
from azureml_emulator.state.whole_files import copy_whole
from azureml_emulator.state.workspace import LocalWorkspace

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
    log.write_text(note)
    return folder, log


def log_file(workspace: LocalWorkspace, run_id: str, name: str = DRIVER_LOG) -> Path:
    return artifact_file(workspace, EXPERIMENT_RUN, f"dcid.{run_id}", name)


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
