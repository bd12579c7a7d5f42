"""GPUs of virtual machine sizes, and of the machine that the emulator runs on."""

import re
import shutil
import subprocess
import sys
from functools import cache

from azureml_emulator.state.store import Store
from azureml_emulator.wire import Document

# Whole GPUs a node; sizes with a fraction of an A10 count as one. Source: the size pages of Azure's documentation.
_GPUS = {
    r"nc(4|8|16)as_t4_v3": 1,
    r"nc64as_t4_v3": 4,
    r"nv(6|12|18|36)ad(m?)s_a10_v5": 1,
    r"nv72ads_a10_v5": 2,
    r"nc24ads_a100_v4": 1,
    r"nc48ads_a100_v4": 2,
    r"nc96ads_a100_v4": 4,
    r"nc40ads_h100_v5": 1,
    r"nc80adis_h100_v5": 2,
}
_RETIRED = re.compile(r"standard_(nc\d+r?|nc\d+r?s_v[23]|nd\d+r?s|nv\d+s_v3)(_promo)?", re.IGNORECASE)


def gpus_per_node(vm_size: str) -> int:
    """0 for a size without a GPU."""
    name = vm_size.lower().removeprefix("standard_")
    return next((count for pattern, count in _GPUS.items() if re.fullmatch(pattern, name)), 0)


def is_retired(vm_size: str) -> bool:
    """NC (K80), NCv2 (P100), NCv3 (V100), ND (P40) and NVv3 (M60): Azure no longer has these."""
    return _RETIRED.fullmatch(vm_size) is not None


def cluster_gpus(compute: Document) -> int:
    properties = compute["properties"]["properties"]
    return gpus_per_node(properties.get("agentVmSize") or "") * int(properties.get("agentCount") or 0)


def gpus_in_use(store: Store, cluster: str, *, except_service: str) -> int:
    services = [service for service in store.all("service") if service["computeName"] == cluster]
    return sum(gpus_wanted(service) for service in services if service["name"] != except_service)


def gpus_wanted(service: Document) -> int:
    per_replica = (service.get("containerResourceRequirements") or {}).get("gpu") or 0
    return int(per_replica) * int(service.get("numReplicas") or 1)


def affordable_replicas(store: Store, service: Document) -> int:
    """How many replicas of the service its cluster has GPUs for, beside the other services."""
    each = int((service.get("containerResourceRequirements") or {}).get("gpu") or 0)
    if not each:
        return sys.maxsize
    cluster = store.get("compute", service["computeName"])
    return (cluster_gpus(cluster) - gpus_in_use(store, cluster["name"], except_service=service["name"])) // each


@cache
def machine_gpus() -> int:
    """NVIDIA GPUs of this very machine."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return 0
    listed = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=30, check=False)
    return sum(line.startswith("GPU ") for line in listed.stdout.splitlines()) if listed.returncode == 0 else 0
