"""What a deployment says of its requests, probes and scaling, as the engine of web services has it.

Defaults: https://learn.microsoft.com/azure/machine-learning/reference-yaml-deployment-managed-online, and
…/reference-yaml-deployment-kubernetes-online.
"""

from azureml_emulator.azure.arm.online_endpoints.durations import seconds
from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.wire import Document

_PERIOD = 0.1
"""Seconds: what is done again and again leaves time for other things."""
_LONGEST_MANAGED = 180.0
_LONGEST = 3600.0
_PROBES = {"livenessProbe": "livenessProbeRequirements", "readinessProbe": "readinessProbeRequirements"}


def request_limits(properties: Document) -> Document:
    """Raises BadRequest for limits that Azure doesn't have."""
    given = properties.get("requestSettings") or {}
    longest = _LONGEST_MANAGED if properties["endpointComputeType"] == "Managed" else _LONGEST
    timeout = seconds(given.get("requestTimeout"), "requestTimeout", 5.0, least=0.001, most=longest)
    wait = seconds(given.get("maxQueueWait"), "maxQueueWait", 0.5, most=_LONGEST)
    return {
        "scoringTimeoutMs": timeout * 1000,
        "maxQueueWaitMs": wait * 1000,
        "maxConcurrentRequestsPerContainer": given.get("maxConcurrentRequestsPerInstance") or 1,
    }


def probes(properties: Document) -> Document:
    """The readiness probe only where one is given: a replica counts as ready as soon as it answers."""
    liveness = _probe(properties.get("livenessProbe") or {}, "livenessProbe", delay=600)
    found = {_PROBES["livenessProbe"]: liveness}
    if given := properties.get("readinessProbe"):
        found[_PROBES["readinessProbe"]] = _probe(given, "readinessProbe", delay=10)
    return found


def _probe(given: Document, name: str, delay: float) -> Document:
    return {
        "initialDelaySeconds": seconds(given.get("initialDelay"), f"{name}.initialDelay", delay),
        "periodSeconds": seconds(given.get("period"), f"{name}.period", 10, least=_PERIOD),
        "timeoutSeconds": seconds(given.get("timeout"), f"{name}.timeout", 2, least=_PERIOD),
        "successThreshold": given.get("successThreshold") or 1,
        "failureThreshold": given.get("failureThreshold") or 30,
    }


def scaling(properties: Document, capacity: int | None) -> Document:
    """How many replicas, and by whom that is decided. Raises NotSupported or BadRequest."""
    given = properties.get("scaleSettings") or {"scaleType": "Default"}
    if properties["endpointComputeType"] == "Managed":
        if given["scaleType"] != "Default":
            raise BadRequest("scaleSettings of a managed deployment are Default: Azure scales it by Azure Monitor")
        return {"numReplicas": _fixed(given, capacity)}
    if given["scaleType"] == "Default":
        return {"numReplicas": _fixed(given, capacity), "autoScaler": _scaler(given, enabled=False)}
    scaler = _scaler(given, enabled=True)
    low, high = scaler["minReplicas"], scaler["maxReplicas"]
    if not 1 <= low <= high:
        raise BadRequest(f"scaleSettings from {low} to {high} instances: give at least 1, and no more than the maximum")
    return {"numReplicas": min(max(capacity or low, low), high), "autoScaler": scaler}


def _fixed(given: Document, capacity: int | None) -> int:
    if extra := sorted(key for key, value in given.items() if key != "scaleType" and value is not None):
        raise NotSupported(f"{', '.join(extra)} of scaleSettings of the type Default")
    if capacity is not None and capacity < 1:
        raise BadRequest(
            "sku.capacity is the number of instances, at least 1: delete a deployment that is to have none"
        )
    return capacity or 1


def _scaler(given: Document, *, enabled: bool) -> Document:
    return {
        "autoscaleEnabled": enabled,
        "minReplicas": given.get("minInstances") or 1,
        "maxReplicas": given.get("maxInstances") or 1,
        "refreshPeriodInSeconds": seconds(given.get("pollingInterval"), "pollingInterval", 1, least=_PERIOD),
        "targetUtilization": given.get("targetUtilizationPercentage") or 70,
    }
