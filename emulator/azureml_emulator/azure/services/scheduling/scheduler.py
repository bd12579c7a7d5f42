"""Places replicas on the nodes of clusters, and keeps those that find no room waiting, as Kubernetes does.

Only with `enforce_capacity`, and only on clusters whose nodes are known: on others there is always room. Nothing of it
is kept: what has a place is what runs.
"""

import asyncio
import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from azureml_emulator.azure.services.scheduling.nodes import cluster_nodes
from azureml_emulator.azure.services.scheduling.resources import Resources, requests_of
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

SECONDS = 300.0
"""Then Azure ML gives up: https://learn.microsoft.com/azure/machine-learning/v1/how-to-troubleshoot-deployment."""
_POLL_SECONDS = 0.2


class Unschedulable(Exception):
    """No node has room; the message is Kubernetes'."""


@dataclass(eq=False)
class Pod:
    """A replica's place, its own until `running` says that it has ended."""

    cluster: str | None
    node: int
    requests: Resources
    running: Callable[[], bool] = lambda: True

    def end(self) -> None:
        self.running = lambda: False


class Scheduler:
    def __init__(self, workspace: LocalWorkspace) -> None:
        self._workspace = workspace
        self._pods: list[Pod] = []

    async def wait_for_room(self, service: Document, count: int, tell: Callable[[str], object]) -> list[Pod]:
        """As place(), as soon as there is room. Raises Unschedulable after SECONDS by the workspace's clock.

        `tell` is called with the reason when it begins to wait.
        """
        now = self._workspace.clock.now
        end, said = now() + timedelta(seconds=SECONDS), False
        while True:
            try:
                return self.place(service, count)
            except Unschedulable as error:
                if now() >= end:
                    raise
                if not said:
                    tell(str(error))
                said = True
            await asyncio.sleep(_POLL_SECONDS)

    def place(self, service: Document, count: int) -> list[Pod]:
        """Places for so many replicas. Raises Unschedulable where there is room for fewer: none has one then."""
        placed, free = self._placed(service, requests_of(service), count)
        if len(placed) < count:
            raise Unschedulable(_shortage(requests_of(service), free))
        self._pods = [*(pod for pod in self._pods if pod.running()), *placed]
        return placed

    def fits(self, service: Document, without: Pod | None = None) -> bool:
        """Whether one more replica finds room now, or would if that one weren't there."""
        return len(self._placed(service, requests_of(service), 1, without)[0]) == 1

    def room(self, service: Document, most: int, *, gpus: bool = True) -> int:
        """How many more replicas find room, up to `most`; without `gpus`, by processors and memory alone."""
        requests = requests_of(service)
        return len(self._placed(service, requests if gpus else requests.without_gpus(), most)[0])

    def _placed(
        self, service: Document, requests: Resources, count: int, gone: Pod | None = None
    ) -> tuple[list[Pod], list[Resources]]:
        """As many as find room, each on the node with most processors left; and what the nodes have then."""
        cluster = service.get("computeName")
        free = self._free(cluster, gone)
        if free is None:
            return [Pod(cluster, 0, Resources()) for _ in range(count)], []
        placed: list[Pod] = []
        fitting = [(-node.cpu, number) for number, node in enumerate(free) if not requests.lacking(node)]
        heapq.heapify(fitting)
        while fitting and len(placed) < count:
            _, number = heapq.heappop(fitting)
            placed.append(Pod(cluster, number, requests))
            free[number] = free[number].minus(requests)
            if not requests.lacking(free[number]):
                heapq.heappush(fitting, (-free[number].cpu, number))
        return placed, free

    def _free(self, cluster: str | None, gone: Pod | None) -> list[Resources] | None:
        """What each node has; None where nothing is counted."""
        found = self._workspace.store.find("compute", cluster) if cluster and self._workspace.enforce_capacity else None
        nodes = cluster_nodes(found) if found else None
        if nodes is None:
            return None
        for pod in self._pods:
            if pod.cluster == cluster and pod is not gone and pod.node < len(nodes) and pod.running():
                nodes[pod.node] = nodes[pod.node].minus(pod.requests)
        return nodes


def _shortage(requests: Resources, nodes: Sequence[Resources]) -> str:
    """In Kubernetes' words."""
    if not nodes:
        return "no nodes available to schedule pods."
    counts = Counter(name for node in nodes for name in requests.lacking(node))
    reasons = sorted(f"{count} Insufficient {name}" for name, count in counts.items())
    return f"0/{len(nodes)} nodes are available: {', '.join(reasons)}."
