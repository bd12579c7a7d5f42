"""An online endpoint and its deployments at one moment, as REST has them: which serves, which stands beside it.

Two deployments are the project's, blue and green; the one without traffic is a candidate that isn't proven yet, or what
ran before the one that has it. Deployments of other names, or without the project's tag, are somebody else's, and left
alone. What served and lost its traffic by somebody's hand is no candidate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

COLORS = ("blue", "green")
IN_TRANSIT = ("Creating", "Updating", "Scaling", "Deleting")
SUCCEEDED = "Succeeded"
REVISION = "amlgpu_revision"
"""Tag of a deployment: the digest of all that it was made of."""
ID = "amlgpu_id"
"""Tag of a deployment: tells it from any other that had its name."""
PREVIOUS = "amlgpu_previous"
"""Tag of an endpoint: the ID of the deployment that had its traffic before, kept for the way back."""
LIVE = "amlgpu_live"
"""Tag of an endpoint: the ID of the deployment that its traffic was given to last."""
OWN = "amlgpu_made"
"""Tag of an endpoint that this project made, and may delete when nothing is left in it."""
NAMES = "amlgpu_tags"
"""Tag of an endpoint: the names of the service's tags; whoever made it, or a policy, may have given it others."""
HIDDEN = (ID, LIVE, NAMES, OWN, PREVIOUS, REVISION)
Document = Mapping[str, Any]


@dataclass(frozen=True)
class Endpoint:
    document: Document
    deployments: Mapping[str, Document]
    """By name."""

    @property
    def name(self) -> str:
        return str(self.document["name"])

    @property
    def tags(self) -> dict[str, str]:
        return dict(self.document.get("tags") or {})

    @property
    def service_tags(self) -> dict[str, str]:
        """Those that a release gave it; all but the hidden ones, where that was before their names were kept."""
        before = self.tags.keys() - set(HIDDEN) if LIVE in self.tags else ()
        names = self.tags[NAMES].split(",") if NAMES in self.tags else before
        return {key: value for key, value in self.tags.items() if key in names}

    @property
    def kept_tags(self) -> dict[str, str]:
        """Those that stay when the service gets others; ours as the traffic is now."""
        kept = {key: value for key, value in self.tags.items() if key != NAMES and key not in self.service_tags}
        return kept | ({LIVE: kept[PREVIOUS], PREVIOUS: kept[LIVE]} if self.was_moved_back and LIVE in kept else {})

    @property
    def traffic(self) -> dict[str, int]:
        """Percent by deployment, of those that have some."""
        return {name: share for name, share in (self.properties.get("traffic") or {}).items() if share}

    @property
    def properties(self) -> Document:
        found: Document = self.document["properties"]
        return found

    @property
    def live(self) -> Document | None:
        """The deployment that most requests reach; None where none has traffic."""
        there = {name: share for name, share in self.traffic.items() if name in self.deployments}
        return self.deployments[max(there, key=lambda name: there[name])] if there else None

    @property
    def served_last(self) -> Document | None:
        """The live one; where somebody took all traffic away, the one that it was given to last."""
        given = self.tags.get(LIVE)
        return self.live or next((one for one in self.deployments.values() if given and tag_of(one, ID) == given), None)

    @property
    def was_moved_back(self) -> bool:
        """Whether somebody gave the traffic back to the deployment that had it before: its tags are of the other."""
        reached = tag_of(self.live, ID) if self.live else None
        return reached is not None and reached == self.tags.get(PREVIOUS) != self.tags.get(LIVE)

    @property
    def own(self) -> dict[str, Document]:
        """The deployments that are the project's."""
        return {name: one for name, one in self.deployments.items() if name in COLORS and tag_of(one, ID)}

    @property
    def beside(self) -> dict[str, Document]:
        """Of these, those that have no traffic."""
        return {name: one for name, one in self.own.items() if not self.traffic.get(name)}

    @property
    def candidates(self) -> dict[str, Document]:
        """Of these, those that never had any."""
        had = (self.tags.get(PREVIOUS), self.tags.get(LIVE))
        return {name: one for name, one in self.beside.items() if tag_of(one, ID) not in had}

    @property
    def is_empty(self) -> bool:
        """Whether somebody else made it, as for its network or identity, and it waits for its first deployment."""
        return OWN not in self.tags and not self.deployments and not self.in_transit

    @property
    def is_for_candidates(self) -> bool:
        """Whether the project made it, and nothing in it has ever served: its address and keys are nobody's yet."""
        others = self.deployments.keys() - self.candidates.keys()
        return OWN in self.tags and LIVE not in self.tags and not others

    @property
    def in_transit(self) -> str | None:
        """What an operation does to it or to one of its deployments; None when there is none."""
        states = (provisioning_state(one) for one in (self.document, *self.deployments.values()))
        return next((state for state in states if state in IN_TRANSIT), None)

    def free_color(self) -> str:
        """The name for a new deployment: one that nothing has, else that of an own one without traffic, else none."""
        free = [color for color in COLORS if color not in self.deployments]
        return next(iter([*free, *self.candidates, *self.beside]), "")

    def changed(self, *, traffic: Mapping[str, int], tags: Mapping[str, str]) -> dict[str, Any]:
        """The body that gives it these, and leaves the rest as it is. What only an answer has isn't sent back."""
        kept = ("authMode", "compute", "description", "publicNetworkAccess")
        identity = self.document.get("identity") or {}
        given = {key: identity[key] for key in ("type", "userAssignedIdentities") if identity.get(key)}
        users = {key: dict[str, str]() for key in given.get("userAssignedIdentities") or ()}
        body = {
            "location": self.document["location"],
            "tags": dict(tags),
            "properties": {key: self.properties[key] for key in kept if self.properties.get(key) is not None}
            | {"traffic": {name: share for name, share in traffic.items() if share}},
        }
        if self.document.get("kind"):
            body["kind"] = self.document["kind"]
        return body | ({"identity": given | ({"userAssignedIdentities": users} if users else {})} if given else {})


def as_tags(service_tags: Mapping[str, str]) -> dict[str, str]:
    """What an endpoint is given for these of a service."""
    return {**service_tags, NAMES: ",".join(sorted(service_tags))}


def tag_of(document: Document, tag: str) -> str | None:
    return (document.get("tags") or {}).get(tag)


def provisioning_state(document: Document) -> str:
    return str(document["properties"].get("provisioningState") or SUCCEEDED)


def scales_by_itself(deployment: Document) -> bool:
    return (deployment["properties"].get("scaleSettings") or {}).get("scaleType") == "TargetUtilization"


def fewest_replicas(deployment: Document) -> int | None:
    """Of one that scales by itself, its capacity is how many there are at the moment."""
    if scales_by_itself(deployment):
        fewest: int | None = deployment["properties"]["scaleSettings"].get("minInstances")
        return fewest
    capacity: int | None = (deployment.get("sku") or {}).get("capacity")
    return capacity
