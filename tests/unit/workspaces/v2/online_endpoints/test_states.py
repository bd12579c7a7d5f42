"""Whether a deployment is still what it was made of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workspaces.environments import Environment
from workspaces.models import ModelVersion
from workspaces.services import Configuration, Revision
from workspaces.v2.online_endpoints.states import is_as_made

WANTED = Configuration(1, 0.5, 0.75, 1, 2, 4_500, 20_500, 60, autoscale_max_replicas=3, autoscale_target_utilization=70)
REVISION = Revision(
    ModelVersion("digits", 1, {}, {}), Environment("env", "FROM x\n", "{}\n", {"A": "b"}, "2"), Path(), "score.py", {}
)
ASKED = {"cpu": "500m", "memory": "768Mi", "gpu": "1"}
SCALING = {"scaleType": "TargetUtilization", "minInstances": 1, "maxInstances": 3, "targetUtilizationPercentage": 70}


def deployment(asked: dict[str, str], **changes: Any) -> Any:
    properties = {
        "model": "/x/models/digits/versions/1",
        "environmentId": "/x/environments/env/versions/2",
        "environmentVariables": {"A": "b"},
        "requestSettings": {
            "requestTimeout": "PT20.5S",
            "maxQueueWait": "PT4.5S",
            "maxConcurrentRequestsPerInstance": 2,
        },
        "containerResourceRequirements": {"containerResourceRequests": asked},
        "scaleSettings": SCALING,
        "appInsightsEnabled": False,
    }
    return {"name": "blue", "tags": {}, "sku": {"capacity": 2}, "properties": properties | changes}


@pytest.mark.parametrize(
    ("found", "is_it"),
    [
        (deployment(ASKED), True),
        (deployment({}), True),  # not told
        (deployment(ASKED | {"cpu": "1"}), False),
        (deployment(ASKED | {"memory": "1Gi"}), False),
        (deployment({"cpu": "0.5", "memory": "0.75Gi"}), False),
        (deployment(ASKED, scaleSettings=SCALING | {"maxInstances": 9}), False),
        (deployment(ASKED, scaleSettings=SCALING | {"targetUtilizationPercentage": 9}), False),
        (deployment(ASKED, appInsightsEnabled=True), False),
    ],
)
def test_what_somebody_changed_is_not_as_it_was_made(found: Any, is_it: bool) -> None:
    assert is_as_made(found, REVISION, WANTED) is is_it


def test_a_machine_of_its_own_tells_no_resources() -> None:
    wanted = replace(WANTED, instance_type="Standard_DS3_v2", autoscale_max_replicas=None)
    found = deployment({}, instanceType="Standard_DS3_v2", scaleSettings={"scaleType": "Default"})
    found["sku"]["capacity"] = 1
    assert is_as_made(found, REVISION, wanted)
    assert not is_as_made(found, REVISION, replace(wanted, replicas=2))
