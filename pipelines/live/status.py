"""What is live in a workspace now: the service, the published pipeline, the schedule, the computes."""

from typing import Any

from azureml.core import Workspace
from azureml.core.webservice import AksWebservice

from config.errors import WorkspaceError
from config.settings import Settings
from pipelines.computes import find_compute
from pipelines.publish import find_endpoint
from pipelines.schedule import describe, find_schedules
from steps.rollout.service import find_service, state_of

Facts = dict[str, Any]


def status(workspace: Workspace, settings: Settings) -> dict[str, Facts | None]:
    """What is live, by kind; None where there is nothing. Nothing is changed."""
    return {
        "service": _service(workspace, settings),
        "endpoint": _endpoint(workspace, settings),
        "schedule": _schedule(workspace, settings),
        "compute": _compute(workspace, settings.compute.name),
        "cluster": _compute(workspace, settings.cluster.name),
    }


def _service(workspace: Workspace, settings: Settings) -> Facts | None:
    service = find_service(workspace, settings.service.name)
    if service is None:
        return None
    return {"name": service.name} | state_of(service).model_dump(mode="json")


def _endpoint(workspace: Workspace, settings: Settings) -> Facts | None:
    endpoint = find_endpoint(workspace, settings.pipeline.endpoint)
    if endpoint is None:
        return None
    facts = {"name": endpoint.name, "state": endpoint.status, "default_version": endpoint.default_version}
    return facts | {"published": endpoint.get_pipeline().version, "url": endpoint.endpoint}


def _schedule(workspace: Workspace, settings: Settings) -> Facts | None:
    found = find_schedules(workspace, settings)
    return {"name": found[0].name, "state": found[0].status, "runs": describe(found[0].recurrence)} if found else None


def _compute(workspace: Workspace, name: str) -> Facts | None:
    target = find_compute(workspace, name)
    return target and {"name": name, "type": target.type, "state": target.provisioning_state}


def live_service(workspace: Workspace, name: str) -> AksWebservice:
    """The service of that name, in whatever state. WorkspaceError when there is none."""
    service = find_service(workspace, name)
    if service is None:
        raise WorkspaceError(
            f"The workspace {workspace.name} has no live service {name}. Release one with `amlgpu run`."
        )
    return service


def service_log(workspace: Workspace, settings: Settings, lines: int) -> str:
    """The last lines of the service's log. WorkspaceError when there is no such service."""
    return str(live_service(workspace, settings.service.name).get_logs(num_lines=lines)).rstrip()
