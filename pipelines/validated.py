"""What validation found of the release that the service runs now."""

from pathlib import Path
from tempfile import TemporaryDirectory

from azureml.core import Run, Workspace
from azureml.core.webservice import AksWebservice
from azureml.exceptions import AzureMLException

from config.errors import WorkspaceError
from steps.artifacts import Verdict
from steps.service import find_service

STEP = "validate_model"
HINT = "compare two periods instead, as in --period 7d --baseline 28d..7d"


def live_service(workspace: Workspace, name: str) -> AksWebservice:
    """The service of that name. WorkspaceError when there is none."""
    service = find_service(workspace, name)
    if service is None:
        raise WorkspaceError(
            f"The workspace {workspace.name} has no live service {name}. Release one with `amlgpu run`."
        )
    return service


def live_verdict(workspace: Workspace, service_name: str) -> Verdict:
    """The verdict of the run that released what the service runs. WorkspaceError when it is gone."""
    run_id = (live_service(workspace, service_name).tags or {}).get("run_id")
    if run_id is None:
        raise WorkspaceError(f"The service {service_name} doesn't say which run released it (tag run_id): {HINT}")
    path = f"outputs/{Verdict.file_name}"
    try:
        steps = {step.name: step for step in Run.get(workspace, run_id).get_children()}
        if STEP not in steps or path not in steps[STEP].get_file_names():
            raise WorkspaceError(f"The run {run_id}, which released {service_name}, has kept no {path}: {HINT}")
        with TemporaryDirectory() as folder:
            steps[STEP].download_file(path, str(Path(folder) / Verdict.file_name))
            return Verdict.read(Path(folder))
    except AzureMLException as error:
        raise WorkspaceError(
            f"The run {run_id}, which released {service_name}, can't be read: {error}: {HINT}"
        ) from error
