"""What a service is given beside what it runs: by the settings, or as it had it."""

import hashlib
import json
import math
from dataclasses import replace
from typing import Any

from config.settings import Settings
from workspaces.services import Configuration, ServiceState

HASHED_AS = {
    "replicas": "num_replicas",
    "max_concurrent_requests": "replica_max_concurrent_requests",
    "max_queue_wait_ms": "max_request_wait_time",
}
"""Names of fields in service_config_hash(), where they are others."""
HASHED_TOO = {"auth_enabled": True, "token_auth_enabled": False, "collect_model_data": False}
"""What every service is given."""
UNHASHED = "blobfuse_enabled"
"""No update of a live service changes it."""


def configuration(settings: Settings) -> Configuration:
    """What the settings give it."""
    service = settings.service
    return Configuration(
        replicas=service.replicas,
        cpu_cores=service.cpu_cores,
        memory_gb=service.memory_gb,
        gpu_cores=service.gpu_cores,
        max_concurrent_requests=service.max_concurrent_requests,
        max_queue_wait_ms=service.max_queue_wait_ms,
        scoring_timeout_ms=service.scoring_timeout_ms,
        # No probe before the model can be loaded: a slower start would be restarted without end.
        initial_delay_seconds=math.ceil(settings.validation.startup_seconds),
        autoscale_max_replicas=service.autoscale_max_replicas,
        autoscale_target_utilization=service.autoscale_target_utilization,
        enable_app_insights=service.enable_app_insights,
        blobfuse_enabled=service.blobfuse_enabled,
        instance_type=settings.cluster.vm_size if settings.cluster.managed else None,
    )


def configuration_of(state: ServiceState, settings: Settings) -> Configuration:
    """The configuration that a service had; ``settings`` fill in what Azure ML didn't tell."""
    had: dict[str, Any] = {
        "replicas": state.replicas,
        "cpu_cores": state.cpu_cores,
        "memory_gb": state.memory_gb,
        # Azure ML may leave out a 0; where it told nothing of resources at all, the settings fill this in too.
        "gpu_cores": state.gpu_cores or (None if state.cpu_cores is None else 0),
        "max_concurrent_requests": state.max_concurrent_requests,
        "max_queue_wait_ms": state.max_queue_wait_ms,
        "scoring_timeout_ms": state.scoring_timeout_ms,
        "autoscale_target_utilization": state.autoscale_target_utilization,
        "enable_app_insights": state.enable_app_insights,
        "instance_type": state.instance_type,
    }
    told = {key: value for key, value in had.items() if value is not None}
    return replace(configuration(settings), **told, autoscale_max_replicas=state.autoscale_max_replicas)


def service_config_hash(settings: Settings) -> str:
    """First 12 hexadecimal digits of the SHA-256 of all that the settings give the service beside its environment.

    Azure ML doesn't tell all of it, the probes for example; other settings change nothing that is live.
    Live services carry the hash: names that change here would tell each of them that its settings have changed.
    """
    given = {HASHED_AS.get(name, name): value for name, value in configuration(settings).in_effect.items()}
    scales = given["autoscale_max_replicas"] is not None
    kept = {name: value for name, value in given.items() if scales or not name.startswith("autoscale_")}
    del kept[UNHASHED]
    if kept["instance_type"] is None:  # as where a cluster serves, which a service was told nothing of
        del kept["instance_type"]
    canonical = json.dumps(kept | HASHED_TOO | {"autoscale_enabled": scales}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]
