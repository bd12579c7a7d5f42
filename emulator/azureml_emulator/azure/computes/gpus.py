"""GPUs of clusters, what services want of them, and those of the machine that the emulator runs on."""

import shutil
import subprocess
import sys
from functools import cache

from azureml_emulator.azure.computes.sizes import gpus_per_node
from azureml_emulator.state.store import Store
from azureml_emulator.wire import Document


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
