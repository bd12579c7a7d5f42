"""Who has which role on what, and how much of its quota a region's machines take: what Azure Resource Manager tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

OWNER, CONTRIBUTOR, DATA_SCIENTIST = "Owner", "Contributor", "AzureML Data Scientist"
BLOB_OWNER, BLOB_CONTRIBUTOR = "Storage Blob Data Owner", "Storage Blob Data Contributor"
SYSTEM_ASSIGNED = "system-assigned"


@dataclass(frozen=True)
class Resources:
    """What a workspace consists of."""

    workspace: str
    """Its own ARM id."""
    storage: str
    """ARM id of the storage account of its default datastore."""
    region: str
    """Such as ``westeurope``."""
    principal: str | None
    """Object id of its system-assigned identity; None where it has none."""


class Usage(NamedTuple):
    """Virtual CPUs of one family of sizes, or of all, in one region of one subscription."""

    name: str
    """In Azure's spelling, which differs from list to list: ``Standard NCASv3_T4 Family``."""
    used: int
    limit: int
    """-1 where there is none."""


class Access(Protocol):
    """Each is a read, and raises RequestError where the signed-in may not do it."""

    def resources(self) -> Resources:
        """Those of the workspace."""

    def principals(self, compute: str) -> Mapping[str, str]:
        """Object ids of a compute's identities: by ARM id in lower case, and by SYSTEM_ASSIGNED."""

    def roles(self, principal: str, scope: str) -> frozenset[str]:
        """Roles that an identity has on a resource, from above or through a group, too. Of a role that isn't named
        here, such as one of your own, the id."""

    def compute_usages(self, region: str) -> tuple[Usage, ...]:
        """Against Azure ML's quota, which AmlCompute counts for."""

    def machine_usages(self, region: str) -> tuple[Usage, ...]:
        """Against the quota of virtual machines, which an AKS cluster counts for."""
