"""What validation found of the release that the service runs now."""

from pathlib import Path
from tempfile import TemporaryDirectory

from azureml.core import Workspace

from config.errors import WorkspaceError
from pipelines.live.status import live_service
from steps.artifacts import Verdict
from steps.rollout.released import steps_of
from steps.script import SERVICE_ERRORS

STEP = "validate_model"
HINT = "compare two periods instead, as in --period 7d --baseline 28d..7d"


def live_verdict(workspace: Workspace, service_name: str) -> Verdict:
    """The verdict of the run that released what the service runs. WorkspaceError when it is gone."""
    run_id = (live_service(workspace, service_name).tags or {}).get("run_id")
    if run_id is None:
        raise WorkspaceError(f"The service {service_name} doesn't say which run released it (tag run_id): {HINT}")
    path = f"outputs/{Verdict.file_name}"
    try:
        steps = steps_of(workspace, run_id)
        if STEP not in steps or path not in steps[STEP].get_file_names():
            raise WorkspaceError(f"The run {run_id}, which released {service_name}, has kept no {path}: {HINT}")
        with TemporaryDirectory() as folder:
            steps[STEP].download_file(path, str(Path(folder) / Verdict.file_name))
            return Verdict.read(Path(folder))
    except SERVICE_ERRORS as error:
        raise WorkspaceError(
            f"The run {run_id}, which released {service_name}, can't be read: {error}: {HINT}"
        ) from error
