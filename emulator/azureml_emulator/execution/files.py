"""Files around the process of a run: its restored snapshot, its log, and what it leaves to be kept."""

import asyncio
import os
import shutil
from contextlib import suppress
from pathlib import Path

from azureml_emulator.azure.storage.artifacts.content import EXPERIMENT_RUN, artifact_file
from azureml_emulator.azure.storage.blobs.logs import read_recently
from azureml_emulator.azure.storage.snapshots.routes import restore_snapshot
from azureml_emulator.errors import ApiError
from azureml_emulator.execution.job import KEPT, LOCAL, Job
from azureml_emulator.execution.logtail import log_tail, make_text
from azureml_emulator.state.disk.file_names import files_below, readable
from azureml_emulator.state.disk.whole_files import copy_whole
from azureml_emulator.state.workspace import LocalWorkspace

DRIVER_LOG = "azureml-logs/70_driver_log.txt"
"""Of a step. The SDK streams those of steps that are named `azureml-logs/NN_….txt` only."""
_PROGRAMS = (b"#!", b"\x7fELF")
_of_the_client = shutil.ignore_patterns("azureml-setup", "invocation.zip", "Invocation.zip")
_NAMED = 20
_LOG_TAIL = 4000
_STREAM_SECONDS = 1.2
"""A client that streams a log polls once a second and does not look again after the final status."""


async def prepare_folders(workspace: LocalWorkspace, job: Job, note: str) -> tuple[Path, Path]:
    """Bring the job's code and begin its log with a note; where they lie. Raises NotFound for a missing snapshot."""
    folder = workspace.folder / "runs" / job.run_id / "code"
    if job.source:
        left_out = _of_the_client if job.target == LOCAL else None
        await asyncio.to_thread(shutil.copytree, job.source, folder, symlinks=True, ignore=left_out)
    elif job.snapshot_id:
        await restore_snapshot(workspace, job.snapshot_id, folder)
    else:
        folder.mkdir(parents=True, exist_ok=True)
    await asyncio.to_thread(_complete, folder)
    log = log_file(workspace, job.run_id, job.log)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(note)
    return folder, log


def _complete(folder: Path) -> None:
    """What a node of Azure has beside a snapshot's files: the folders to be kept, and programs that can be run.

    The SDK sends no modes: a program is told by its first bytes, as the kernel tells it.
    """
    for name in KEPT:
        with suppress(FileExistsError):  # a file of that name
            (folder / name).mkdir(exist_ok=True)
    for parent, _, names in os.walk(folder):
        for name in names:
            file = Path(parent, name)
            with file.open("rb") as content:
                start = content.read(4)
            if start.startswith(_PROGRAMS):
                file.chmod(0o755)


def log_file(workspace: LocalWorkspace, run_id: str, name: str = DRIVER_LOG) -> Path:
    return artifact_file(workspace, EXPERIMENT_RUN, f"dcid.{run_id}", name)


def failure_message(workspace: LocalWorkspace, job: Job, code: int) -> str:
    tail = log_tail(log_file(workspace, job.run_id, job.log), _LOG_TAIL)
    return f"User program failed with exit code {code}\n{tail}"


def timeout_message(job: Job) -> str:
    return f"the run took longer than its max_run_duration_seconds, {job.max_seconds:g}: it was ended"


async def collect_files(workspace: LocalWorkspace, job: Job) -> None:
    """Keep what the script wrote below outputs/, logs/ and what else is watched, as on real compute.

    What can't be kept never fails a run: the log says what was left out, and why.
    """
    code = workspace.folder / "runs" / job.run_id / "code"
    log_path = log_file(workspace, job.run_id, job.log)
    await asyncio.to_thread(make_text, log_path)
    left_out = await asyncio.to_thread(_collect, workspace, job, code)
    if left_out:
        rest = [f"{len(left_out) - _NAMED} more"] if len(left_out) > _NAMED else []
        with log_path.open("a") as log:
            lines = [*left_out[:_NAMED], *rest]
            log.writelines(f"[local workspace] left out of the run's files: {line}\n" for line in lines)


def _collect(workspace: LocalWorkspace, job: Job, code: Path) -> list[str]:
    left_out = []
    for file in (file for folder in job.watched for file in files_below(code / folder)):
        name = readable(file.relative_to(code).as_posix())
        try:
            target = artifact_file(workspace, EXPERIMENT_RUN, f"dcid.{job.run_id}", name)
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                copy_whole(file, target)
        except (ApiError, OSError) as error:
            left_out.append(f"{name!r}: {error}")
    return left_out


async def let_streams_finish(workspace: LocalWorkspace, job: Job) -> None:
    """Hold back the final status until a client that streams the log has read its end."""
    if read_recently(workspace, log_file(workspace, job.run_id, job.log)):
        await asyncio.sleep(_STREAM_SECONDS)
