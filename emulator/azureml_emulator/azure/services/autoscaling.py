"""The number of an autoscaled service's replicas, which follows its requests.

As azureml-fe decides: https://learn.microsoft.com/azure/machine-learning/how-to-kubernetes-inference-routing-azureml-fe
"""

import asyncio
import math
import sys
from collections.abc import Awaitable, Callable

from azureml_emulator.azure.computes.gpus import affordable_replicas
from azureml_emulator.azure.services.documents import deployment_status
from azureml_emulator.azure.services.replicas.pool import ReplicaPool
from azureml_emulator.errors import ApiError
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

SCALE_DOWN_SECONDS = 60.0
"""Replicas are added at once, and taken away only when they were too many for so long."""
_POLL_SECONDS = 0.1


class Scaler:
    """The memory of one service's autoscaling."""

    def __init__(self) -> None:
        self._needed: list[tuple[float, int]] = []

    def replicas(self, service: Document, requests: int, moment: float) -> int:
        """What `requests`, being answered or waiting at `moment` (seconds), ask for, between minimum and maximum."""
        settings = service["autoScaler"]
        each = float(service["maxConcurrentRequestsPerContainer"] * settings["targetUtilization"]) / 100
        low, high = int(settings["minReplicas"]), int(settings["maxReplicas"])
        needed = min(max(math.ceil(requests / each), low), high)
        current = min(max(int(service["numReplicas"]), low), high)
        self._needed = self._needed or [(moment, current)]
        self._needed.append((moment, needed))
        self._needed = [(then, count) for then, count in self._needed if moment - then <= SCALE_DOWN_SECONDS]
        return max(needed, min(current, max(count for _, count in self._needed)))


class Autoscaling:
    """Scales each service that it was told to follow until that is gone, while no operation on it is in progress."""

    def __init__(
        self,
        workspace: LocalWorkspace,
        pool: ReplicaPool,
        is_busy: Callable[[str], bool],
        resize: Callable[[str], Awaitable[Document | None]],
    ) -> None:
        """`resize` brings a service to as many replicas as its document says, and returns what went wrong."""
        self._workspace, self._pool = workspace, pool
        self._is_busy, self._resize = is_busy, resize
        self._followed: dict[str, asyncio.Task[None]] = {}
        self._scaling: set[str] = set()

    @property
    def services(self) -> set[str]:
        return set(self._followed)

    def follow(self, name: str) -> None:
        if name not in self._followed:
            self._followed[name] = asyncio.create_task(self._scale_on_demand(name))

    def leave(self, name: str) -> None:
        if task := self._followed.pop(name, None):
            task.cancel()

    async def settled(self, name: str) -> None:
        """Return when no scaling of the service is under way."""
        while name in self._scaling:
            await asyncio.sleep(_POLL_SECONDS)

    async def clear(self) -> None:
        """End all scaling; the services are still known."""
        for task in self._followed.values():
            task.cancel()
        await asyncio.gather(*self._followed.values(), return_exceptions=True)

    async def _scale_on_demand(self, name: str) -> None:
        scaler = Scaler()
        while service := self._workspace.store.find("service", name):
            settings = service["autoScaler"]
            if settings["autoscaleEnabled"] and not self._is_busy(name):
                requests = len(self._pool.line(name)) + sum(one.in_flight for one in self._pool.replicas(name))
                wanted = scaler.replicas(service, requests, asyncio.get_running_loop().time())
                await self._scale(service, max(1, min(wanted, self._affordable(service, wanted))))
            await asyncio.sleep(settings["refreshPeriodInSeconds"])

    def _affordable(self, service: Document, wanted: int) -> int:
        """Of the replicas that are wanted, those that the cluster's nodes have room for, and this machine GPUs."""
        running = len(self._pool.replicas(service["name"]))
        more = self._pool.scheduler.room(service, max(wanted - running, 0))
        return min(running + more, affordable_replicas(self._workspace, service))

    async def _scale(self, service: Document, wanted: int) -> None:
        name = service["name"]
        if wanted == service["numReplicas"]:
            return
        self._scaling.add(name)
        try:
            self._workspace.store.put("service", name, service | {"numReplicas": wanted})
            failure: object = await self._resize(name)
        except (OSError, ApiError) as error:
            failure = error
        finally:
            self._scaling.discard(name)
        if failure:
            print(f"service {name}: not scaled to {wanted} replicas: {failure}", file=sys.stderr, flush=True)
        service_now = self._workspace.store.find("service", name)
        if service_now and not self._is_busy(name):  # an update that waits for this has its own idea of the number
            count = len(self._pool.replicas(name))
            changes = {"numReplicas": count, "deploymentStatus": deployment_status(count, count)}
            self._workspace.store.put("service", name, service_now | changes)
