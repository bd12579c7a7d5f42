"""What a service has of replicas, resources and limits, beside what the settings give it.

The one comparison behind `amlgpu plan` and deploy_service: what the first names, the second changes.
"""

from dataclasses import dataclass, replace

from config.settings import Settings
from steps.rollout.configuration import configuration
from workspaces.services import OF_MACHINE, Configuration, ServiceState
from workspaces.workspace import Workspace

COMPARED = {
    "replicas": "replicas",
    "cpu_cores": "CPU cores",
    "memory_gb": "memory, GB",
    "gpu_cores": "GPUs a replica",
    "max_concurrent_requests": "requests a replica",
    "max_queue_wait_ms": "queue wait, ms",
    "scoring_timeout_ms": "timeout, ms",
}
"""Fields of both ServiceState and Configuration, with their names for people."""


@dataclass(frozen=True)
class Resource:
    """One thing as the service has it, and as the settings give it."""

    name: str
    live: str | None
    wanted: str | None


def compare_resources(workspace: Workspace, state: ServiceState | None, settings: Settings) -> list[Resource]:
    """Everything that people can change by hand too, without a release: in studio, or with an SDK.

    What Azure ML doesn't tell, and GPUs that an update can't take away, count as wanted: every run would try again.
    """
    wanted = configuration(settings)
    if state and (kept := workspace.services.kept_gpus(state, wanted)):
        wanted = replace(wanted, gpu_cores=kept)
    machine = Resource("machine", state.instance_type if state else None, wanted.instance_type)
    return [
        *([machine] if machine.live or machine.wanted else []),
        *(
            Resource(name, _text(had), None if _is_untold(state, wanted, field) else _text(getattr(wanted, field)))
            for field, name in COMPARED.items()
            for had in [getattr(state, field, None)]
        ),
        Resource("autoscaling", _scaling(state) if state else None, _scaling(wanted)),
        Resource(
            "Application Insights",
            _switch(state.enable_app_insights) if state else None,
            None if state and state.enable_app_insights is None else _switch(wanted.enable_app_insights),
        ),
    ]


def changed_resources(workspace: Workspace, state: ServiceState, settings: Settings) -> list[Resource]:
    """What a deployment has to set; empty when the service has what the settings give it."""
    return [one for one in compare_resources(workspace, state, settings) if one.live != one.wanted]


def _is_untold(state: ServiceState | None, wanted: Configuration, field: str) -> bool:
    """Whether the machine decides, or Azure ML tells nothing of a service that is there; no GPUs are told as none."""
    if getattr(state, field, None) is not None:
        return False
    if wanted.instance_type is not None and field in OF_MACHINE:
        return True
    return state is not None and field != "gpu_cores"


def _scaling(one: Configuration | ServiceState) -> str:
    if one.autoscale_max_replicas is None:
        return "off"
    return f"to {one.autoscale_max_replicas} replicas, {one.autoscale_target_utilization} % busy"


def _switch(value: bool | None) -> str | None:
    return None if value is None else "on" if value else "off"


def _text(value: float | None) -> str | None:
    """The number; None for 0 too, which Azure ML may leave out."""
    return f"{value:g}" if value else None
