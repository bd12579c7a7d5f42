"""Command lines for a person to type where this project doesn't do it itself: what makes, mends and ends AKS
clusters, and gives roles.

Sources: https://learn.microsoft.com/azure/aks/ (use-nvidia-gpu, upgrade-basic-load-balancer-on-aks, use-node-taints),
https://learn.microsoft.com/azure/machine-learning/v1/how-to-create-attach-kubernetes
"""

from shlex import quote

from config.settings import Cluster
from workspaces.computes import ClusterId

DEVICE_PLUGIN = (
    "https://raw.githubusercontent.com/NVIDIA/k8s-device-plugin/v0.18.0/deployments/static/nvidia-device-plugin.yml"
)
LEFT_BEHIND = (
    *("serviceaccount/azureml-fe", "clusterrole/azureml-fe-role", "clusterrolebinding/azureml-fe-binding"),
    *("service/azureml-fe", "service/azureml-fe-int-http", "deployment/azureml-fe"),
    *("secret/azuremlfessl", "configmap/azuremlfeconfig"),
)
"""What Azure ML leaves on a cluster that is detached, and stumbles over when it is attached again."""


def create(cluster: ClusterId, wanted: Cluster) -> list[str]:
    """What makes a cluster that can be attached: its only pool is of GPU nodes, and nothing is tainted."""
    nodes = f"--node-vm-size {quote(wanted.vm_size)} --node-count {wanted.nodes}"
    fitting = "--load-balancer-sku standard --enable-managed-identity --generate-ssh-keys"
    return [f"az aks create {_where(cluster)} {nodes} {fitting}", *install_device_plugin(cluster)]


def add_pool(cluster: ClusterId, wanted: Cluster) -> str:
    """One that may become the only one: a cluster keeps a pool of the mode System."""
    return (
        f"az aks nodepool add {_where_pool(cluster, 'gpu')} --node-vm-size {quote(wanted.vm_size)} "
        f"--node-count {wanted.nodes} --mode System"
    )


def install_device_plugin(cluster: ClusterId) -> list[str]:
    """Without the plugin, Kubernetes sees no GPU; AKS installs the driver alone."""
    return [connect(cluster), f"kubectl apply -f {DEVICE_PLUGIN}"]


def scale(cluster: ClusterId, pool: str, nodes: int) -> str:
    return f"az aks nodepool scale {_where_pool(cluster, pool)} --node-count {nodes}"


def untaint(cluster: ClusterId, pool: str) -> str:
    return f'az aks nodepool update {_where_pool(cluster, pool)} --node-taints ""'


def update(cluster: ClusterId, option: str) -> str:
    return f"az aks update {_where(cluster)} {option}"


def show(cluster: ClusterId) -> str:
    return f"az aks show {_where(cluster)}"


def start(cluster: ClusterId) -> str:
    return f"az aks start {_where(cluster)}"


def delete(cluster: ClusterId) -> str:
    """`az aks delete` itself takes no ids."""
    return f"az aks delete {_where(cluster)}"


def forget_attachment(cluster: ClusterId) -> list[str]:
    """What a cluster that was detached, and serves nothing else, needs before it can be attached again."""
    return [connect(cluster), f"kubectl delete --ignore-not-found {' '.join(LEFT_BEHIND)}"]


def give_role(principal: str, role: str, scope: str) -> str:
    """To a managed identity or an application, by its object id."""
    whom = f"--assignee-object-id {quote(principal)} --assignee-principal-type ServicePrincipal"
    return f"az role assignment create {whom} --role {quote(role)} --scope {quote(scope)}"


def connect(cluster: ClusterId) -> str:
    return f"az aks get-credentials {_where(cluster)}"


def _where(cluster: ClusterId) -> str:
    return f"{_group(cluster)} --name {quote(cluster.name)}"


def _where_pool(cluster: ClusterId, pool: str) -> str:
    return f"{_group(cluster)} --cluster-name {quote(cluster.name)} --name {quote(pool)}"


def _group(cluster: ClusterId) -> str:
    return f"--subscription {quote(cluster.subscription)} --resource-group {quote(cluster.group)}"
