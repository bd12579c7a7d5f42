"""Web services on AKS, which SDK v1 deploys, as SDK v2's programs see them: by REST alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from config.compute.capacity import Resources
from workspaces.azure.arm import Arm, understanding
from workspaces.azure.clusters import cluster_of
from workspaces.services import OtherService, Replicas

LISTING = "Listing the web services of SDK v1"
NONE_ANY_MORE = (requests.codes.not_found, requests.codes.gone)
"""Of a workspace whose cloud no longer has model management: SDK v1 is past its support date."""
Document = Mapping[str, Any]


@dataclass(frozen=True)
class WebServices:
    models: Arm
    """Model management, which takes Azure Resource Manager's tokens."""
    arm: Arm
    scope: str
    """The workspace's ARM id."""

    def all(self) -> list[OtherService]:
        path = f"/modelmanagement/v1.0{self.scope}/services?computeType=AKS&expand=true"
        try:
            found = list(self.models.read_all(path, LISTING))
        except requests.HTTPError as error:
            if error.response is not None and error.response.status_code in NONE_ANY_MORE:
                return []
            raise
        with understanding(LISTING):
            return sorted(map(self._service, found), key=lambda one: one.name)

    def _service(self, document: Document) -> OtherService:
        compute = document.get("computeName")
        return OtherService(
            name=document["name"],
            sdk="v1",
            models=tuple(model["id"] for model in document.get("models") or ()),
            scoring_uri=document.get("scoringUri"),
            tags=document.get("kvTags") or {},
            cluster_id=cluster_of(self.arm, f"{self.scope}/computes/{compute}" if compute else None),
            replicas=(_replicas(document),),
        )


def _replicas(document: Document) -> Replicas:
    scaler, asked = document.get("autoScaler") or {}, document.get("containerResourceRequirements") or {}
    most = scaler.get("maxReplicas") if scaler.get("autoscaleEnabled") else document.get("numReplicas")
    each = Resources(asked.get("gpu") or 0, asked.get("cpu") or 0, asked.get("memoryInGB") or 0)
    return Replicas(int(most or 1), each)
