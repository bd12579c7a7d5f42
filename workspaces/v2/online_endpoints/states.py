"""What a service ran at one moment, of an online endpoint and its deployments, and whether that is as it was made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workspaces.azure.documents import GIGABYTES, MILLI, number_of, short_id
from workspaces.services import HEALTHY, Configuration, Revision, ServiceState
from workspaces.v2.durations import milliseconds
from workspaces.v2.online_endpoints.endpoints import (
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
    shown = _shown(endpoint)
    are_its = endpoint.served_last is not None and not endpoint.was_moved_back
    tags = endpoint.service_tags if are_its else dict((shown or {}).get("tags") or {})
    return deployment_state(endpoint, shown, _state(endpoint), tags)


def states_beside(endpoint: Endpoint) -> dict[str, ServiceState]:
    """Of all others that have no traffic, whoever made them, by their names."""
    shown = _shown(endpoint)
    return {
        name: deployment_state(endpoint, one, state_of(one), one.get("tags") or {})
        for name, one in endpoint.deployments.items()
        if one is not shown and not endpoint.traffic.get(name)
    }


def _shown(endpoint: Endpoint) -> Document | None:
    return endpoint.served_last or next(iter(endpoint.deployments.values()), None)


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
        "scaling": _scaling_of(deployment),
    }
    scales = wanted.autoscale_max_replicas is not None
    return _has_resources(properties, wanted) and found == {
        "model": revision.model.id,
        "environment": f"{environment.name}:{environment.version}",
        "variables": dict(environment.variables),
        "replicas": wanted.replicas,
        "instance_type": wanted.instance_type,
        "timeout": wanted.scoring_timeout_ms,
        "wait": wanted.max_queue_wait_ms,
        "concurrent": wanted.max_concurrent_requests,
        "scaling": (wanted.autoscale_max_replicas, wanted.autoscale_target_utilization) if scales else None,
    }


def _has_resources(properties: Document, wanted: Configuration) -> bool:
    """What isn't told, as the size of a machine of its own decides it, is as it was made."""
    needs = (properties.get("containerResourceRequirements") or {}).get("containerResourceRequests") or {}
    pairs = (
        (number_of(needs.get("cpu"), MILLI), wanted.cpu_cores),
        (number_of(needs.get("memory"), GIGABYTES), wanted.memory_gb),
        (int(needs.get("gpu") or 0) if needs else None, wanted.gpu_cores),
        (properties.get("appInsightsEnabled"), wanted.enable_app_insights),
    )
    return all(told is None or told == asked for told, asked in pairs)


def _scaling_of(deployment: Document) -> tuple[int | None, int | None] | None:
    """The most replicas, and how busy in percent; None where there is a fixed number of them."""
    if not scales_by_itself(deployment):
        return None
    scaling = deployment["properties"]["scaleSettings"]
    return scaling.get("maxInstances"), scaling.get("targetUtilizationPercentage")


def _state(endpoint: Endpoint) -> str:
    if going := endpoint.in_transit:
        return BUSY_AS.get(going, going)
    if endpoint.live:
        return state_of(endpoint.live)
    states = [state_of(one) for one in endpoint.deployments.values()]
    return FAILED if FAILED in states else UNHEALTHY
