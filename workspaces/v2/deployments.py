"""A deployment as the project wants it, and as REST tells of it: the SDK's own entity cuts durations to whole seconds,
so that one which is read, changed and written has other limits."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict
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

from workspaces.azure.documents import GIGABYTES, MILLI, number_of, short_id
from workspaces.errors import RequestError
from workspaces.services import Configuration, Revision
from workspaces.v2.documents import source_digest
from workspaces.v2.durations import milliseconds
from workspaces.v2.endpoints import ID, REVISION, fewest_replicas, scales_by_itself

Document = Mapping[str, Any]


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
        "configuration": asdict(wanted),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def is_as_made(deployment: Document, revision: Revision, wanted: Configuration) -> bool:
    """Whether nobody has changed it since it was made of these, as far as REST tells."""
    properties, environment = deployment["properties"], revision.environment
    limits = properties.get("requestSettings") or {}
    found = {
        "model": short_id(properties.get("model")),
        "environment": short_id(properties.get("environmentId")),
        "variables": properties.get("environmentVariables") or {},
        "replicas": fewest_replicas(deployment),
        "instance_type": properties.get("instanceType") or None,
        "timeout": milliseconds(limits.get("requestTimeout")),
        "wait": milliseconds(limits.get("maxQueueWait")),
        "concurrent": limits.get("maxConcurrentRequestsPerInstance"),
        "insights": bool(properties.get("appInsightsEnabled")),
        "resources": _resources_of(deployment),
        "scaling": _scaling_of(deployment),
    }
    return found == {
        "model": revision.model.id,
        "environment": f"{environment.name}:{environment.version}",
        "variables": dict(environment.variables),
        "replicas": wanted.replicas,
        "instance_type": wanted.instance_type,
        "timeout": wanted.scoring_timeout_ms,
        "wait": wanted.max_queue_wait_ms,
        "concurrent": wanted.max_concurrent_requests,
        "insights": wanted.enable_app_insights,
        "resources": None if wanted.instance_type else (wanted.cpu_cores, wanted.memory_gb, wanted.gpu_cores),
        "scaling": (wanted.autoscale_max_replicas, wanted.autoscale_target_utilization)
        if wanted.autoscale_max_replicas
        else None,
    }


def _resources_of(deployment: Document) -> tuple[float | None, float | None, int] | None:
    """CPU cores, memory in GB and GPUs of a replica; None on a machine of its own."""
    properties = deployment["properties"]
    if properties.get("instanceType"):
        return None
    needs = (properties.get("containerResourceRequirements") or {}).get("containerResourceRequests") or {}
    return number_of(needs.get("cpu"), MILLI), number_of(needs.get("memory"), GIGABYTES), int(needs.get("gpu") or 0)


def _scaling_of(deployment: Document) -> tuple[int | None, int | None] | None:
    """The most replicas, and how busy in percent; None where there is a fixed number of them."""
    if not scales_by_itself(deployment):
        return None
    scaling = deployment["properties"]["scaleSettings"]
    return scaling.get("maxInstances"), scaling.get("targetUtilizationPercentage")


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
