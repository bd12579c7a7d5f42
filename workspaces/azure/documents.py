"""How documents of Azure Resource Manager write ids and amounts."""

import re
from collections.abc import Mapping

QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(m|Gi|Mi|G|M)?")
"""Of Kubernetes: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity"""
GIGABYTES = {"Gi": 1.0, "Mi": 1 / 1024, "G": 1.0, "M": 1 / 1000}
MILLI = {"m": 1 / 1000}


def short_id(arm_id: str | None) -> str | None:
    """``name:version`` of an asset's ARM id."""
    parts = (arm_id or "").split("/")
    return f"{parts[-3]}:{parts[-1]}" if len(parts) > 3 else None


def number_of(text: str | None, units: Mapping[str, float]) -> float | None:
    """Of a quantity; None where it is none."""
    found = QUANTITY.fullmatch(str(text)) if text else None
    return float(found[1]) * units.get(found[2] or "", 1.0) if found else None
