"""Of a deployment that found no room on the cluster: what is short there, and which settings ask for it."""

import re

NODES = re.compile(r"0/(\d+) nodes are available: ([^\n\"]+)")
"""As Kubernetes says it, which Azure ML passes on: https://github.com/Azure/MachineLearningNotebooks/issues/1207."""
LACK = re.compile(r"(\d+) Insufficient ([\w./-]*\w)")
GPU = "nvidia.com/gpu"
ASKED_BY = {"cpu": ("CPU", "cpu_cores"), "memory": ("memory", "memory_gb"), GPU: ("GPUs", "gpu_cores")}
"""What Kubernetes calls them; for people, with the setting of the service."""
BEFORE = re.compile(r"insufficient compute resource|CPU/Memory resource insufficient")
"""What Azure ML says before it begins: MachineLearningNotebooks#1275, azure-sdk-for-python#14168."""
HOW_MANY = re.compile(r"(\d+) replicas? (?:cannot be created|unschedulable)")
SHARES = "AKS, azureml-fe and Azure ML's own additions to a replica take a share of each node"
MEND = "lower these settings or service.replicas, remove other services, or give the cluster more or larger nodes"


def shortage(said: str) -> str | None:
    """A clause that explains what Azure ML said of a deployment; None where that is about something else."""
    if found := NODES.search(said):
        nodes, lacks = found[1], [(count, name) for count, name in LACK.findall(found[2]) if name in ASKED_BY]
        if not lacks:
            return f"no node of the cluster takes a replica: {found[0]}"
        short = ", ".join(_short(count, nodes, name) for count, name in lacks)
        return f"no node of the cluster has room for a replica: {short}. {SHARES}: {MEND}{_plugin(lacks, nodes)}"
    if BEFORE.search(said):
        count = HOW_MANY.search(said)
        replicas = f"{count[1]} of its replicas" if count else "its replicas"
        asked = " and ".join(f"service.{ASKED_BY[name][1]}" for name in ("cpu", "memory"))
        return f"no node of the cluster has room for {replicas}: CPU or memory is short ({asked}). {SHARES}: {MEND}"
    return None


def _short(count: str, nodes: str, name: str) -> str:
    what, setting = ASKED_BY[name]
    return f"too little free {what} on {count} of {nodes} nodes (service.{setting})"


def _plugin(lacks: list[tuple[str, str]], nodes: str) -> str:
    """Where no node has a free GPU, that may be because Kubernetes knows of none."""
    return "; nodes show no GPU without NVIDIA's device plugin" if (nodes, GPU) in lacks else ""
