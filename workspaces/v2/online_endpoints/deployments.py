"""A deployment as the project wants it, always made anew: the SDK's own entity cuts durations to whole seconds, so that
one which is read, changed and written has other limits."""

from __future__ import annotations

import hashlib
import json
import math
import time
from typing import Any
from uuid import uuid4

from azure.ai.ml.entities import (
    CodeConfiguration,
    DefaultScaleSettings,
    KubernetesOnlineDeployment,
    ManagedOnlineDeployment,
    OnlineDeployment,
    OnlineRequestSettings,
    ProbeSettings,
    ResourceRequirementsSettings,
    ResourceSettings,
    TargetUtilizationScaleSettings,
)
from azure.core.exceptions import AzureError

from workspaces.azure.errors import message
from workspaces.errors import RequestError
from workspaces.services import Configuration, Revision
from workspaces.v2.connection import Connection, part
from workspaces.v2.jobs.documents import source_digest
from workspaces.v2.online_endpoints.endpoints import ID, IN_TRANSIT, REVISION, SUCCEEDED, provisioning_state

POLL_SECONDS = 1.0


def sdk_deployment(endpoint: str, name: str, revision: Revision, wanted: Configuration) -> OnlineDeployment:
    """All of it, from what is wanted: no default of the SDK's decides."""
    environment = revision.environment
    given: dict[str, Any] = {
        "name": name,
        "endpoint_name": endpoint,
        "tags": {**revision.tags, REVISION: digest(revision, wanted), ID: uuid4().hex},
        "model": f"azureml:{revision.model.id}",
        "environment": f"azureml:{environment.name}:{environment.version}",
        "environment_variables": dict(environment.variables),
        "code_configuration": CodeConfiguration(code=str(revision.source), scoring_script=revision.entry_script),
        "instance_count": wanted.replicas,
        "app_insights_enabled": wanted.enable_app_insights,
        "request_settings": OnlineRequestSettings(
            max_concurrent_requests_per_instance=wanted.max_concurrent_requests,
            request_timeout_ms=wanted.scoring_timeout_ms,
            max_queue_wait_ms=wanted.max_queue_wait_ms,
        ),
        "liveness_probe": _probe(wanted, wanted.initial_delay_seconds, wanted.failure_threshold),
        # Ready as soon as it is, and not given up before it may be dead.
        "readiness_probe": _probe(wanted, 1, wanted.failure_threshold + _probes_before_start(wanted)),
    }
    if wanted.instance_type:
        if wanted.autoscale_max_replicas:
            raise RequestError(f"{endpoint}: deployments on Azure ML's own machines are scaled by Azure Monitor alone")
        return ManagedOnlineDeployment(instance_type=wanted.instance_type, **given)
    return KubernetesOnlineDeployment(resources=_resources(wanted), scale_settings=_scaling(wanted), **given)


def digest(revision: Revision, wanted: Configuration) -> str:
    """Of all that a deployment is made of, but its tags: the same is the same deployment."""
    environment = revision.environment
    content = {
        "model": revision.model.id,
        "environment": f"{environment.name}:{environment.version}",
        "variables": dict(environment.variables),
        "source": source_digest(revision.source),
        "entry_script": revision.entry_script,
        "configuration": wanted.in_effect,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def _probe(wanted: Configuration, initial_delay: int, failures: int) -> ProbeSettings:
    return ProbeSettings(
        initial_delay=initial_delay,
        period=wanted.period_seconds,
        timeout=wanted.timeout_seconds,
        success_threshold=wanted.success_threshold,
        failure_threshold=failures,
    )


def _probes_before_start(wanted: Configuration) -> int:
    return math.ceil(wanted.initial_delay_seconds / wanted.period_seconds)


def _resources(wanted: Configuration) -> ResourceRequirementsSettings:
    gpus = str(wanted.gpu_cores) if wanted.gpu_cores else None
    each = ResourceSettings(cpu=f"{wanted.cpu_cores:g}", memory=f"{wanted.memory_gb:g}Gi", gpu=gpus)
    return ResourceRequirementsSettings(requests=each, limits=each)


def _scaling(wanted: Configuration) -> DefaultScaleSettings | TargetUtilizationScaleSettings:
    if wanted.autoscale_max_replicas is None:
        return DefaultScaleSettings()
    return TargetUtilizationScaleSettings(
        min_instances=wanted.replicas,
        max_instances=wanted.autoscale_max_replicas,
        polling_interval=1,
        target_utilization_percentage=wanted.autoscale_target_utilization,
    )


def wait_for(connection: Connection, endpoint: str, name: str, poller: Any, deadline: float) -> str:
    """As Operation.wait(), by what the deployment says of itself: ``poller``, the SDK's, looks less often."""
    path = f"onlineEndpoints/{part(endpoint)}/deployments/{part(name)}"
    while True:
        found = connection.read(path, f"Reading the deployment {name} of {endpoint}")
        state = provisioning_state(found)
        if state == SUCCEEDED:
            return ""
        if state not in IN_TRANSIT:
            return _reason(poller, state)
        if time.monotonic() > deadline:
            return f"the deployment {name} is still {state}"
        time.sleep(POLL_SECONDS)


def _reason(poller: Any, state: str) -> str:
    """Why a deployment that isn't up failed, in Azure ML's words."""
    try:
        poller.result(timeout=60)
    except AzureError as error:
        return message(error)
    return f"the deployment is {state}"
