"""What a service has of replicas, resources and limits, beside what the settings give it.

The one comparison behind `amlgpu plan` and deploy_service: what the first names, the second changes.
"""

import hashlib
import json
from dataclasses import dataclass

from azureml.core.webservice import AksWebservice

from config.settings import Settings
from steps.rollout.service import configuration, kept_gpus, state_of

COMPARED = (
    ("replicas", "replicas", "num_replicas"),
    ("CPU cores", "cpu_cores", "cpu_cores"),
    ("memory, GB", "memory_gb", "memory_gb"),
    ("GPUs a replica", "gpu_cores", "gpu_cores"),
    ("requests a replica", "max_concurrent_requests", "replica_max_concurrent_requests"),
    ("queue wait, ms", "max_queue_wait_ms", "max_request_wait_time"),
    ("timeout, ms", "scoring_timeout_ms", "scoring_timeout_ms"),
)
"""Name for people, field of ServiceState, key of configuration()."""


@dataclass(frozen=True)
class Resource:
    """One thing as the service has it, and as the settings give it."""

    name: str
    live: str | None
    wanted: str | None


def service_config_hash(settings: Settings) -> str:
    """First 12 hexadecimal digits of the SHA-256 of all that the settings give the service beside its environment.

    Azure ML doesn't tell all of it, the probes for example; other settings change nothing that is live.
    """
    canonical = json.dumps(configuration(settings), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def compare_resources(service: AksWebservice | None, settings: Settings) -> list[Resource]:
    """Everything that people can change by hand too, without a release: in studio, or by AksWebservice.update().

    What Azure ML doesn't tell, and GPUs that an update can't take away, count as wanted: every run would try again.
    """
    had, wanted = state_of(service).model_dump() if service else {}, configuration(settings)
    untold = {live for live, value in had.items() if value is None and live != "gpu_cores"}
    if service and (kept := kept_gpus(service, wanted)):
        wanted["gpu_cores"] = kept
    return [
        *(
            Resource(name, _text(had.get(live)), None if live in untold else _text(wanted[key]))
            for name, live, key in COMPARED
        ),
        Resource("autoscaling", _autoscaling(service) if service else None, "off"),
    ]


def changed_resources(service: AksWebservice, settings: Settings) -> list[Resource]:
    """What a deployment has to set; empty when the service has what the settings give it."""
    return [one for one in compare_resources(service, settings) if one.live != one.wanted]


def _text(value: float | None) -> str | None:
    """The number; None for 0 too, which Azure ML may leave out."""
    return f"{value:g}" if value else None


def _autoscaling(service: AksWebservice) -> str:
    scaler = service.autoscaler
    return "on" if scaler and scaler.autoscale_enabled else "off"
