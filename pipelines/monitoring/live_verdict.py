"""What validation found of the release that the service runs now."""

from config.errors import WorkspaceError
from config.settings import Settings
from pipelines.live.status import live_service
from steps.artifacts.recorded import fetch_kept
from steps.artifacts.verdict import Verdict
from workspaces.errors import RequestError
from workspaces.workspace import Workspace

HINT = "compare two periods instead, as in --period 7d --baseline 28d..7d"


def live_verdict(workspace: Workspace, settings: Settings) -> Verdict:
    """The verdict of the run that released what the service runs. WorkspaceError when it is gone, or of another model.

    TamperedError where it isn't what the run recorded.
    """
    service_name, state = settings.service.name, live_service(workspace, settings)
    run_id = state.tags.get("run_id")
    if run_id is None:
        raise WorkspaceError(f"The service {service_name} doesn't say which run released it (tag run_id): {HINT}")
    try:
        verdict = fetch_kept(workspace.runs.steps(run_id), Verdict)
    except RequestError as error:
        raise WorkspaceError(
            f"The run {run_id}, which released {service_name}, can't be read: {error}: {HINT}"
        ) from error
    if verdict is None:
        raise WorkspaceError(
            f"The run {run_id}, which released {service_name}, has kept no {Verdict.file_name}: {HINT}"
        )
    if (model := f"{verdict.model_name}:{verdict.model_version}") not in state.models:
        runs = ", ".join(state.models) or "no model"
        raise WorkspaceError(f"The run {run_id} released {model}, but {service_name} runs {runs}: {HINT}")
    return verdict
