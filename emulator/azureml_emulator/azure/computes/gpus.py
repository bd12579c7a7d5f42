"""GPUs of clusters, what services want of them, and those of the machine that the emulator runs on.

A cluster's GPUs are made up. With `enforce_capacity` a service is refused where they don't suffice, as on Azure;
without it only where the cluster's nodes have none at all, and its log says what Azure would have refused.
"""

import shutil
import subprocess
import sys
from functools import cache

from azureml_emulator.azure.computes.sizes import gpus_per_node
from azureml_emulator.state.store import Store
from azureml_emulator.state.workspace import LocalWorkspace
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


def affordable_replicas(workspace: LocalWorkspace, service: Document) -> int:
    """How many replicas of the service its cluster has GPUs for, beside the other services."""
    each = int((service.get("containerResourceRequirements") or {}).get("gpu") or 0)
    if not each or not workspace.enforce_capacity:
        return sys.maxsize
    store = workspace.store
    cluster = store.get("compute", service["computeName"])
    return (cluster_gpus(cluster) - gpus_in_use(store, cluster["name"], except_service=service["name"])) // each


def gpu_refusal(workspace: LocalWorkspace, service: Document) -> str | None:
    """Why the service isn't taken, in Kubernetes' words; None when it is."""
    cluster = workspace.store.find("compute", service.get("computeName") or "")
    if cluster is None or (cluster_gpus(cluster) and not workspace.enforce_capacity):
        return None
    return _shortage(workspace.store, service, cluster)


def gpu_note(workspace: LocalWorkspace, service: Document) -> str:
    """Said wherever GPUs were asked for that this machine, or the cluster, does not have; lines, or nothing."""
    gpus = (service.get("containerResourceRequirements") or {}).get("gpu")
    if not gpus:
        return ""
    lines = [] if machine_gpus() else [f"{gpus} GPU(s) asked for each replica; this machine has none: CPU only"]
    cluster = workspace.store.find("compute", service["computeName"])
    if cluster and not workspace.enforce_capacity and (missing := _shortage(workspace.store, service, cluster)):
        lines.append(f"{missing}; Azure would refuse this, here GPUs are counted with --enforce-capacity only")
    return "".join(f"[local workspace] {line}\n" for line in lines)


def _shortage(store: Store, service: Document, cluster: Document) -> str | None:
    wanted, name = gpus_wanted(service), cluster["name"]
    free = cluster_gpus(cluster) - gpus_in_use(store, name, except_service=str(service.get("name")))
    if wanted <= max(free, 0):
        return None
    size = cluster["properties"]["properties"].get("agentVmSize")
    return f"Insufficient nvidia.com/gpu: {wanted} asked for, cluster '{name}' of {size} has {max(free, 0)} free"


@cache
def machine_gpus() -> int:
    """NVIDIA GPUs of this very machine."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return 0
    listed = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=30, check=False)
    return sum(line.startswith("GPU ") for line in listed.stdout.splitlines()) if listed.returncode == 0 else 0
