"""What is live in a workspace now: service, how to call it, published pipeline, schedule, computes."""

from typing import Any

from config.errors import WorkspaceError
from config.settings import Settings
from pipelines.live.how_to_call import Kept, calling_of, kept_release
from pipelines.live.moving import told_of_other_sdk
from pipelines.triggers.schedule import find_schedules
from steps.registration.lineage import shown
from workspaces.computes import MANAGED
from workspaces.services import ServiceState
from workspaces.workspace import Workspace

Facts = dict[str, Any]
OWN_MACHINES = "Azure ML's own machines"


def status(workspace: Workspace, settings: Settings, program: str = "amlgpu") -> dict[str, Facts | None]:
    """What is live of a service, by kind; None where there is nothing. Nothing is changed.

    ``program`` is what a person types.
    """
    state = workspace.services.find(settings.service.name)
    kept = kept_release(workspace, state) if state else None
    how = calling_of(workspace, settings, state, kept, program) if state and kept else None
    return {
        "service": _service(settings, state, kept) if state else None,
        **_beside(workspace, settings),
        "calling": how.as_json() if how else None,
        "endpoint": _endpoint(workspace, settings),
        "schedule": _schedule(workspace, settings),
    } | _of_other_sdk(workspace, settings)


def _service(settings: Settings, state: ServiceState, kept: Kept | None) -> Facts:
    candidate = kept.candidate if kept and kept.candidate.model in state.models else None
    promoted = {"promoted_from": shown(candidate.promoted_from)} if candidate and candidate.promoted_from else {}
    return {"name": settings.service.name} | promoted | state.model_dump(mode="json")


def _beside(workspace: Workspace, settings: Settings) -> dict[str, Facts | None]:
    """Only where there is any: while a release goes on, after one that was killed, or where what ran before is kept."""
    found = workspace.services.beside(settings.service.name)
    shown = {
        name: {"models": list(state.models), "state": state.state, "run_id": state.tags.get("run_id")}
        for name, state in found.items()
    }
    return {"beside it, without traffic": shown} if shown else {}


def _of_other_sdk(workspace: Workspace, settings: Settings) -> dict[str, Facts | None]:
    """Only where there is any: most workspaces are of one SDK."""
    found, unlisted = told_of_other_sdk(workspace, settings)
    facts = {str(one): ", ".join(one.models) for one in found} | ({"unknown": unlisted} if unlisted else {})
    return {"served by the other SDK": facts} if facts else {}


def computes(workspace: Workspace, settings: Settings) -> dict[str, Facts | None]:
    """What the services of a target share: where the steps run, and where the services do."""
    return {
        "compute": _compute(workspace, settings.compute.name),
        "cluster": _machines(settings) if settings.cluster.managed else _compute(workspace, settings.cluster.name),
    }


def _machines(settings: Settings) -> Facts:
    """What serves where nothing is attached, as the settings ask for it: one machine for each replica."""
    cluster = settings.cluster
    return {"name": OWN_MACHINES, "type": MANAGED, "instance_type": cluster.vm_size, "most_machines": cluster.nodes}


def _endpoint(workspace: Workspace, settings: Settings) -> Facts | None:
    endpoint = workspace.pipelines.endpoint(settings.pipeline.endpoint)
    if endpoint is None:
        return None
    facts = {"name": endpoint.name, "state": endpoint.status, "default_version": endpoint.default_version}
    return facts | {"published": workspace.pipelines.default_of(endpoint.name), "url": endpoint.url}


def _schedule(workspace: Workspace, settings: Settings) -> Facts | None:
    found = find_schedules(workspace, settings)
    return (
        {"name": found[0].name, "state": found[0].status, "runs": str(found[0].recurrence or "on new data")}
        if found
        else None
    )


def _compute(workspace: Workspace, name: str) -> Facts | None:
    compute = workspace.computes.find(name)
    return {"name": name, "type": compute.kind, "state": compute.state} if compute else None


def live_service(workspace: Workspace, settings: Settings) -> ServiceState:
    """The service of the settings, in whatever state. WorkspaceError when there is none."""
    name = settings.service.name
    state = workspace.services.find(name)
    if state is None:
        beside = [one for one in told_of_other_sdk(workspace, settings)[0] if one.name == name]
        other = "".join(f" of SDK {workspace.sdk}, as the target says (SDK {one.sdk} serves one)" for one in beside)
        raise WorkspaceError(
            f"The workspace {workspace.name} has no live service {name}{other}. Release one with "
            f"`amlgpu run {settings.options}`."
        )
    return state


def service_log(workspace: Workspace, settings: Settings, lines: int) -> str:
    """The last lines of the service's log. WorkspaceError when there is no such service."""
    live_service(workspace, settings)
    return workspace.services.log(settings.service.name, lines).rstrip()
