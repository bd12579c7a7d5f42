"""Online endpoints, which SDK v2 serves by, as SDK v1's programs see them: by Azure Resource Manager alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config.compute.capacity import Resources
from workspaces.azure.arm import Arm, understanding
from workspaces.azure.clusters import cluster_of
from workspaces.azure.documents import GIGABYTES, MILLI, number_of, short_id
from workspaces.services import OtherService, Replicas

API = "2024-10-01"
LISTING = "Listing the online endpoints"
Document = Mapping[str, Any]


@dataclass(frozen=True)
class OnlineEndpoints:
    arm: Arm
    scope: str
    """The workspace's ARM id."""

    def all(self) -> list[OtherService]:
        found = list(self.arm.read_all(f"{self.scope}/onlineEndpoints?api-version={API}", LISTING))
        with understanding(LISTING):
            return sorted(map(self._service, found), key=lambda one: one.name)

    def _service(self, endpoint: Document) -> OtherService:
        name, properties = endpoint["name"], endpoint["properties"]
        path = f"{self.scope}/onlineEndpoints/{name}/deployments?api-version={API}"
        deployments = list(self.arm.read_all(path, f"Reading the online endpoint {name}"))
        traffic = properties.get("traffic") or {}
        reached = [short_id(one["properties"].get("model")) for one in deployments if traffic.get(one["name"])]
        return OtherService(
            name=name,
            sdk="v2",
            models=tuple(sorted({model for model in reached if model})),
            scoring_uri=properties.get("scoringUri"),
            tags=endpoint.get("tags") or {},
            cluster_id=cluster_of(self.arm, properties.get("compute")),
            replicas=tuple(map(_replicas, deployments)),
        )


def _replicas(deployment: Document) -> Replicas:
    properties = deployment["properties"]
    scaling = properties.get("scaleSettings") or {}
    asked = (properties.get("containerResourceRequirements") or {}).get("containerResourceRequests") or {}
    each = Resources(
        number_of(asked.get("gpu"), {}) or 0,
        number_of(asked.get("cpu"), MILLI) or 0,
        number_of(asked.get("memory"), GIGABYTES) or 0,
    )
    return Replicas(int(scaling.get("maxInstances") or (deployment.get("sku") or {}).get("capacity") or 1), each)
