"""Roles and quotas by Azure Resource Manager, of which the SDKs have no or other calls."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from workspaces.access import (
    BLOB_CONTRIBUTOR,
    BLOB_OWNER,
    CONTRIBUTOR,
    DATA_SCIENTIST,
    OWNER,
    SYSTEM_ASSIGNED,
    Resources,
    Usage,
)
from workspaces.azure.arm import Arm, understanding
from workspaces.azure.errors import translates

ROLES = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": OWNER,
    "b24988ac-6180-42a0-ab88-20f7382dd24c": CONTRIBUTOR,
    "f6c7c914-8db3-469d-8ca1-694a8f32e121": DATA_SCIENTIST,
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": BLOB_OWNER,
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": BLOB_CONTRIBUTOR,
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": "Reader",
    "b78c5d69-af96-48a3-bf8d-a8b4d589de94": "Azure AI Administrator",
}
"""https://learn.microsoft.com/azure/role-based-access-control/built-in-roles"""
AML, COMPUTE, AUTHORIZATION = "2024-10-01", "2024-07-01", "2022-04-01"
"""Versions of the APIs of Microsoft.MachineLearningServices, .Compute and .Authorization."""
OF_DEDICATED = ("/vmfamily/usages", "dedicatedcores/usages")
"""Ends of the types that aren't those of one workspace's or compute's share, nor of low priority: what Azure ML answers
(2026) has ``vmFamily/dedicatedCores`` and ``vmFamily/lowPriorityCores``, its specification ``vmFamily`` of both."""


@translates
class ArmAccess:
    def __init__(self, arm: Arm, workspace: str) -> None:
        """``workspace`` is its ARM id."""
        self._arm, self._scope = arm, workspace

    def resources(self) -> Resources:
        what = "Reading the workspace"
        found = self._arm.read(f"{self._scope}?api-version={AML}", what)
        with understanding(what):
            return Resources(
                workspace=self._scope,
                storage=found["properties"]["storageAccount"],
                region=found["location"],
                principal=(found.get("identity") or {}).get("principalId"),
            )

    def principals(self, compute: str) -> Mapping[str, str]:
        url, what = f"{self._scope}/computes/{quote(compute)}?api-version={AML}", f"Reading the compute {compute}"
        with understanding(what):
            identity = self._arm.read(url, what).get("identity") or {}
            own = {SYSTEM_ASSIGNED: identity["principalId"]} if identity.get("principalId") else {}
            users = (identity.get("userAssignedIdentities") or {}).items()
            told = {name.lower(): one["principalId"] for name, one in users if (one or {}).get("principalId")}
        return {**own, **told}

    def roles(self, principal: str, scope: str) -> frozenset[str]:
        """https://learn.microsoft.com/azure/role-based-access-control/role-assignments-list-rest"""
        asked = quote(f"atScope() and assignedTo('{principal}')", safe="()'")
        url = f"{scope}/providers/Microsoft.Authorization/roleAssignments?api-version={AUTHORIZATION}&$filter={asked}"
        what = f"Listing the roles of {principal}"
        with understanding(what):
            found = self._arm.read_all(url, what)
            ids = (one["properties"]["roleDefinitionId"].rpartition("/")[2].lower() for one in found)
            return frozenset(ROLES.get(one, one) for one in ids)

    def compute_usages(self, region: str) -> tuple[Usage, ...]:
        """https://learn.microsoft.com/rest/api/azureml/usages/list"""
        what = "Listing Azure ML's quotas"
        with understanding(what):
            found = self._arm.read_all(self._usages("Microsoft.MachineLearningServices", region, AML), what)
            return tuple(_usage(one) for one in found if str(one.get("type")).lower().endswith(OF_DEDICATED))

    def machine_usages(self, region: str) -> tuple[Usage, ...]:
        """https://learn.microsoft.com/rest/api/compute/usage/list"""
        url, what = self._usages("Microsoft.Compute", region, COMPUTE), "Listing the quotas of virtual machines"
        with understanding(what):
            return tuple(map(_usage, self._arm.read_all(url, what)))

    def _usages(self, provider: str, region: str, version: str) -> str:
        subscription = "/".join(self._scope.split("/")[:3])
        return f"{subscription}/providers/{provider}/locations/{region}/usages?api-version={version}"


def _usage(document: dict[str, Any]) -> Usage:
    return Usage(document["name"]["value"], int(document["currentValue"]), int(document["limit"]))
