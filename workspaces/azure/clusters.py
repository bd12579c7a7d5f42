"""The AKS cluster that a compute is."""

import requests

from workspaces.azure.arm import Arm

API = "2024-10-01"


def cluster_of(arm: Arm, compute_id: str | None) -> str | None:
    """ARM id, in lower case, of the cluster that is attached as this compute; None where there is none."""
    if not compute_id:
        return None
    try:
        document = arm.read(f"{compute_id}?api-version={API}", f"Reading the compute {compute_id.rpartition('/')[2]}")
    except requests.HTTPError as error:
        if error.response is not None and error.response.status_code == requests.codes.not_found:
            return None
        raise
    return str((document.get("properties") or {}).get("resourceId") or "").lower() or None
