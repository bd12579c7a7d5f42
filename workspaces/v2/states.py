"""What a service ran at one moment, of an online endpoint and its deployments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workspaces.azure.documents import GIGABYTES, MILLI, number_of, short_id
from workspaces.services import HEALTHY, ServiceState
from workspaces.v2.durations import milliseconds
from workspaces.v2.endpoints import (
    HIDDEN,
    SUCCEEDED,
    Endpoint,
    fewest_replicas,
    provisioning_state,
    scales_by_itself,
)

Document = Mapping[str, Any]
UNHEALTHY, FAILED = "Unhealthy", "Failed"
BUSY_AS = {"Scaling": "Updating"}


def service_state(endpoint: Endpoint) -> ServiceState:
    """Of the deployment that has the traffic; where none has, of one that was to get it."""
    shown = endpoint.served_last or next(iter(endpoint.deployments.values()), None)
    tags = endpoint.tags if endpoint.served_last else dict((shown or {}).get("tags") or {})
    return deployment_state(endpoint, shown, _state(endpoint), tags)


def deployment_state(endpoint: Endpoint, shown: Document | None, state: str, tags: Mapping[str, str]) -> ServiceState:
    properties: Document = shown["properties"] if shown else {}
    limits, scaling = properties.get("requestSettings") or {}, properties.get("scaleSettings") or {}
    needs = (properties.get("containerResourceRequirements") or {}).get("containerResourceRequests") or {}
    scales = shown is not None and scales_by_itself(shown)
    model, environment = short_id(properties.get("model")), short_id(properties.get("environmentId"))
    name, _, version = (environment or "").rpartition(":")
    return ServiceState(
        state=state,
        models=(model,) if model else (),
        environment=name or None,
        environment_version=version or None,
        replicas=fewest_replicas(shown) if shown else None,
        cpu_cores=number_of(needs.get("cpu"), MILLI),
        memory_gb=number_of(needs.get("memory"), GIGABYTES),
        gpu_cores=int(needs["gpu"]) if needs.get("gpu") else None,
        max_concurrent_requests=limits.get("maxConcurrentRequestsPerInstance"),
        max_queue_wait_ms=milliseconds(limits.get("maxQueueWait")),
        scoring_timeout_ms=milliseconds(limits.get("requestTimeout")),
        scoring_uri=endpoint.properties.get("scoringUri"),
        tags={key: value for key, value in tags.items() if key not in HIDDEN},
        autoscaling=scales,
        autoscale_max_replicas=scaling.get("maxInstances") if scales else None,
        autoscale_target_utilization=scaling.get("targetUtilizationPercentage") if scales else None,
        enable_app_insights=properties.get("appInsightsEnabled"),
        instance_type=properties.get("instanceType") or None,
    )


def state_of(deployment: Document) -> str:
    """Of a deployment by itself."""
    state = provisioning_state(deployment)
    return {SUCCEEDED: HEALTHY, "Canceled": FAILED}.get(state, BUSY_AS.get(state, state))


def _state(endpoint: Endpoint) -> str:
    if going := endpoint.in_transit:
        return BUSY_AS.get(going, going)
    if endpoint.live:
        return state_of(endpoint.live)
    states = [state_of(one) for one in endpoint.deployments.values()]
    return FAILED if FAILED in states else UNHEALTHY
