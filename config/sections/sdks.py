"""What one of Azure ML's SDKs has and the other has not, as far as settings ask for it."""

from config.sections.service import Service
from config.sections.workspace import Cluster, Environment, Workspace


def check_sdk(workspace: Workspace, cluster: Cluster, service: Service, environment: Environment) -> None:
    """ValueError where the settings ask for what ``workspace.sdk`` has not."""
    check = _check_v2 if workspace.sdk == "v2" else _check_v1
    check(workspace, cluster, service, environment)


def check_machines(cluster: Cluster, service: Service) -> None:
    """ValueError where a release finds too few of Azure ML's own machines, of which each replica takes one."""
    needed = 2 * service.replicas
    if needed > cluster.nodes:
        raise ValueError(
            f"service.replicas={service.replicas} and as many of the deployment beside them need {needed} machines; "
            f"cluster.nodes={cluster.nodes}: add nodes, or lower service.replicas"
        )


def _check_v1(_workspace: Workspace, cluster: Cluster, service: Service, _environment: Environment) -> None:
    if cluster.managed:
        raise ValueError("cluster.managed is true, which SDK v1 has not: set workspace.sdk to v2, or leave it out")
    if service.keep_previous:
        raise ValueError("service.keep_previous is true, but SDK v1 replaces what ran before: leave it out")


def _check_v2(workspace: Workspace, cluster: Cluster, service: Service, environment: Environment) -> None:
    if service.strategy == "in_place":
        raise ValueError(
            "service.strategy is in_place, but SDK v2 brings up each release beside the one before: leave it out"
        )
    if not service.blobfuse_enabled:
        raise ValueError("service.blobfuse_enabled is false, which SDK v2 has no choice of: leave it out")
    if cluster.managed and service.autoscale_max_replicas:
        raise ValueError(
            f"service.autoscale_max_replicas={service.autoscale_max_replicas}, but cluster.managed is true: such "
            "machines are scaled by Azure Monitor alone; leave it out, or attach a cluster"
        )
    if not workspace.local and environment.conda_file is None:
        raise ValueError(
            "workspace.sdk is v2, whose package azure-ai-ml the images of this project don't have yet: name a "
            "specification of your own that has it, as scoring/environment/pip.yml else, in environment.conda_file"
        )
