"""The log of a pipeline run itself, which SDK v2 streams: what becomes of its steps."""

from contextlib import suppress

from azureml_emulator.azure.storage.artifacts.content import EXPERIMENT_RUN, artifact_file
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import now

LOG = "logs/azureml/executionlogs.txt"


def note_progress(workspace: LocalWorkspace, run_id: str, text: str) -> None:
    """One line. A disk that is full is no reason for a run to fail."""
    file = artifact_file(workspace, EXPERIMENT_RUN, f"dcid.{run_id}", LOG)
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as log:
            log.write(f"[{now()}] {text}\n")
