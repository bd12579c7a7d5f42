"""What an update of a deployment asks of its replicas."""

from __future__ import annotations

from typing import Any

import pytest

from azureml_emulator.azure.arm.online_endpoints.deployments import change_between

BEFORE: dict[str, Any] = {
    "environmentImageRequest": {"environment": {"environmentVariables": {"A": "1"}}},
    "sources": [{"from": "a", "to": "b", "asset": "c"}],
    "models": [],
    "containerResourceRequirements": {"cpu": 4},
    "numReplicas": 1,
    "maxQueueWaitMs": 500,
}


@pytest.mark.parametrize(
    ("changed", "change"),
    [
        ({}, None),
        ({"maxQueueWaitMs": 100, "scoringTimeoutMs": 1}, None),
        ({"appInsightsEnabled": True}, None),
        ({"numReplicas": 2}, "resize"),
        ({"autoScaler": {"autoscaleEnabled": True}}, "resize"),
        ({"numReplicas": 2, "sources": []}, "replace"),
        ({"environmentImageRequest": {}}, "replace"),
        ({"containerResourceRequirements": {"cpu": 8}}, "replace"),
        ({"readinessProbeRequirements": {"periodSeconds": 1}}, "replace"),
    ],
)
def test_as_little_as_it_needs(changed: dict[str, Any], change: str | None) -> None:
    assert change_between(BEFORE, BEFORE | changed) == change
