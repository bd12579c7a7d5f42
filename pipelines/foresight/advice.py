"""What stops no run, and should be known before one."""

from collections.abc import Iterator
from contextlib import suppress

from config.errors import AmlGpuError
from config.settings import Settings
from pipelines.foresight.obstacles import room_of_cluster
from workspaces.computes import ComputeState
from workspaces.services import ServiceState
from workspaces.workspace import Workspace


def find_advice(
    workspace: Workspace, settings: Settings, state: ServiceState | None, held_by: str | None
) -> tuple[str, ...]:
    """A sentence for each thing; ``state`` is the live service, and ``held_by`` who works on it."""
    cluster = None if settings.workspace.local or state else workspace.computes.find(settings.cluster.name)
    encrypted = is_encrypted(state, cluster)
    left = () if held_by else of_candidate(workspace, settings)
    return (*of_encryption(encrypted, settings), *of_batching(settings), *left, *of_room(workspace, settings))


def is_encrypted(state: ServiceState | None, cluster: ComputeState | None) -> bool | None:
    """Whether the service is, or will be, called over https; None where nothing tells."""
    if state and state.scoring_uri:
        return state.scoring_uri.startswith("https:")
    return cluster.tls if cluster else None


def of_encryption(encrypted: bool | None, settings: Settings) -> Iterator[str]:
    """That keys and requests travel in clear. The local workspace's never leave the machine."""
    if encrypted is False and not settings.workspace.local:
        yield (
            f"Services on the cluster {settings.cluster.name} are called over http: keys and requests travel "
            "unencrypted. docs/operating.md says how to attach it with TLS."
        )


def of_batching(settings: Settings) -> Iterator[str]:
    """That a replica never has two requests to score together."""
    if settings.scoring.server == "batching" and settings.service.max_concurrent_requests == 1:
        yield (
            "service.max_concurrent_requests is 1: each replica is handed one request at a time, so nothing is batched "
            "but the instances of one JSON request."
        )


def of_candidate(workspace: Workspace, settings: Settings) -> Iterator[str]:
    """That what a run has staged still holds machines; where nobody works on the service any more."""
    name = settings.service.name
    if (staged := workspace.services.staged(name)) is not None:
        models, run_id = ", ".join(staged.state.models), staged.state.tags.get("run_id", "unknown")
        yield (
            f"Beside {name} the run {run_id} has left {models or 'a candidate'}, which takes no requests and holds its "
            "machines until the next run, which removes it first."
        )


def of_room(workspace: Workspace, settings: Settings) -> Iterator[str]:
    """What the cluster likely has too little of. What is certain, and that there is no cluster, are obstacles."""
    with suppress(AmlGpuError):
        yield from room_of_cluster(workspace, settings)
