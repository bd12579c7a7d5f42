"""Usages and quotas of a region."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import requests

from azureml_emulator.state.workspace import SUBSCRIPTION
from tests.integration.emulator.azure.computes.conftest import T4
from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azureml.core import Workspace


def test_quotas(workspace: Workspace) -> None:
    from azureml.core.compute import AmlCompute
    from azureml.exceptions import ComputeTargetException

    with pytest.raises(ComputeTargetException, match="nothing is counted against a quota"):
        AmlCompute.list_quotas(workspace)


def test_usages(workspace: Workspace) -> None:
    """Of the nodes that are up; the limits are made up."""
    from azureml.core.compute import AmlCompute, ComputeTarget
    from azureml.exceptions import ComputeTargetException

    configuration = AmlCompute.provisioning_configuration(vm_size=T4, min_nodes=2, max_nodes=3)
    before = t4_of_aml(workspace)
    compute = ComputeTarget.create(workspace, "counted", configuration)
    assert t4_of_aml(workspace) == before + 8
    compute.delete()
    assert t4_of_aml(workspace) == before
    with pytest.raises(ComputeTargetException, match="expandChildren"):
        AmlCompute.list_usages(workspace, show_all=True)


def t4_of_aml(workspace: Workspace) -> int:
    from azureml.core.compute import AmlCompute

    (found,) = (one for one in AmlCompute.list_usages(workspace) if "NCASv3_T4" in one["name"]["value"])
    assert (found["name"]["value"], found["unit"]) == ("Standard NCASv3_T4 Family Cluster Dedicated vCPUs", "Count")
    assert found["type"] == "Microsoft.MachineLearningServices/vmFamily/usages"
    assert found["limit"] == 100
    return int(found["currentValue"])


def test_usages_of_virtual_machines(
    emulator: Emulator, bearer: dict[str, str], managed: Callable[..., requests.Response]
) -> None:
    """The nodes of AKS clusters."""
    url = f"{emulator.http}/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/locations/local/usages"

    def used() -> dict[str, int]:
        answer = requests.get(url, params={"api-version": "2024-07-01"}, headers=bearer, timeout=10)
        return {one["name"]["value"]: one["currentValue"] for one in answer.json()["value"]}

    before, family = used(), "Standard NCASv3_T4 Family"
    managed("PUT", "counted", agentPoolProfiles=[{"name": "gpu", "vmSize": T4, "count": 3}])
    assert (used()["cores"], used()[family]) == (before["cores"] + 12, before[family] + 12)


def test_usages_pass_over_what_has_no_size(emulator: Emulator, bearer: dict[str, str]) -> None:
    base, properties = f"{emulator.http}{emulator.scope}/computes/sizeless", {"scaleSettings": {"minNodeCount": 1}}
    body = {"properties": {"computeType": "AmlCompute", "properties": properties}}
    requests.put(base, json=body, headers=bearer, timeout=10).raise_for_status()
    provider = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.MachineLearningServices"
    usages = requests.get(f"{emulator.http}{provider}/locations/local/usages", headers=bearer, timeout=10)
    assert usages.status_code == 200, usages.text
    requests.delete(base, headers=bearer, timeout=10).raise_for_status()
