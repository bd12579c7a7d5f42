"""What validation found of the release that the service runs now."""

from pathlib import Path
from tempfile import TemporaryDirectory

from config.errors import WorkspaceError
from config.settings import Settings
from pipelines.live.status import live_service
from steps.artifacts.verdict import Verdict
from workspaces.errors import RequestError
from workspaces.workspace import Workspace

STEP = "validate_model"
HINT = "compare two periods instead, as in --period 7d --baseline 28d..7d"


def live_verdict(workspace: Workspace, settings: Settings) -> Verdict:
    """The verdict of the run that released what the service runs. WorkspaceError when it is gone."""
    service_name, run_id = settings.service.name, live_service(workspace, settings).tags.get("run_id")
    if run_id is None:
        raise WorkspaceError(f"The service {service_name} doesn't say which run released it (tag run_id): {HINT}")
    path = f"outputs/{Verdict.file_name}"
    try:
        steps = workspace.runs.steps(run_id)
        if STEP not in steps or path not in steps[STEP].files():
            raise WorkspaceError(f"The run {run_id}, which released {service_name}, has kept no {path}: {HINT}")
        with TemporaryDirectory() as folder:
            steps[STEP].fetch(path, Path(folder) / Verdict.file_name)
            return Verdict.read(Path(folder))
    except RequestError as error:
        raise WorkspaceError(
            f"The run {run_id}, which released {service_name}, can't be read: {error}: {HINT}"
        ) from error
