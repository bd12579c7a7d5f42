"""The replicas that run, by service: started, given requests, retired, and replaced when they die."""

import asyncio
from collections.abc import Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from azureml_emulator.azure.services.replicas.replica import Replica, start_replica
from azureml_emulator.azure.services.replicas.restart import (
    end_when_unresponsive,
    keep_out_while_unready,
    replacement,
)
from azureml_emulator.azure.services.replicas.servers import Servers
from azureml_emulator.azure.services.routing.paths import endpoint_of
from azureml_emulator.azure.services.routing.waiting import WaitingLine
from azureml_emulator.azure.services.scheduling.failure import UNSCHEDULABLE, gave_up, no_room
from azureml_emulator.azure.services.scheduling.scheduler import SECONDS, Pod, Scheduler, Unschedulable
from azureml_emulator.errors import ApiError, BadRequest
from azureml_emulator.execution.logtail import first_error, log_tail
from azureml_emulator.state.gpus import NO_GPU
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

START_SECONDS = 300.0
"""Azure gives up on pods that are not ready after about this long."""
_LOG_TAIL = 3000
_POLL_SECONDS = 0.1


class ReplicaPool:
    def __init__(self, workspace: LocalWorkspace) -> None:
        self._workspace = workspace
        self._servers = Servers()
        self.scheduler = Scheduler(workspace)
        self._replicas: dict[str, list[Replica]] = {}
        self._lines: dict[str, WaitingLine] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def services(self) -> set[str]:
        """Names of those that had replicas, and were not removed."""
        return set(self._replicas)

    def replicas(self, name: str) -> list[Replica]:
        return self._replicas.get(name, [])

    def earlier(self, name: str, folder: Path) -> list[Replica]:
        """Replicas of earlier rollouts, also those that were only just started in the place of a dead one."""
        return [replica for replica in self.replicas(name) if replica.log.parent != folder]

    def line(self, name: str) -> WaitingLine:
        """Where requests wait for a replica of the service."""
        if name not in self._lines:
            self._lines[name] = WaitingLine(lambda: self.replicas(name))
        return self._lines[name]

    async def add(self, service: Document, folder: Path, count: int) -> Document | None:
        """All of them or, with an error, none. Waits for room on the cluster's nodes, as long as Azure ML does."""
        try:
            pods = await self.scheduler.wait_for_room(
                service, count, partial(self._note_waiting, service["name"], folder)
            )
            fresh = await self._start_all(service, folder, pods)
        except Unschedulable as error:
            return gave_up(str(error))
        except ApiError as error:  # one of them cannot even be tried: the reason is what the newest log says
            self._new_log(folder).write_text(f"[local workspace] {error.message}\n")
            return _not_tried(service, error)
        if failed := [replica for replica in fresh if not replica.serving]:
            await asyncio.gather(*(replica.stop() for replica in fresh))
            return _deployment_error(service, failed[0])
        self._admit(service, folder, fresh)
        return None

    async def retire(self, name: str, replicas: list[Replica]) -> None:
        """Requests that they have are answered first. One that died meanwhile has another in its place, which stays."""
        for replica in set(replicas).intersection(self.replicas(name)):
            self._replicas[name].remove(replica)
        await asyncio.gather(*(replica.drain() for replica in replicas))
        await asyncio.gather(*(replica.stop() for replica in replicas))

    async def drain(self, name: str) -> None:
        """End the replicas of a service when the requests that came before are answered, those that wait, too."""
        while len(self.line(name)) and any(replica.serving for replica in self.replicas(name)):
            await asyncio.sleep(_POLL_SECONDS)
        await self.retire(name, list(self.replicas(name)))

    async def remove(self, name: str) -> None:
        """End the replicas of a service; the lines of requests stay, for one of the same name."""
        replicas = self._replicas.pop(name, [])
        await asyncio.gather(*(replica.stop() for replica in replicas))

    async def clear(self) -> None:
        """End all replicas."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(self.remove(name) for name in self.services))
        self._lines.clear()

    async def close(self) -> None:
        """After `clear`: nothing is started any more."""
        await self._servers.close()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _start_all(self, service: Document, folder: Path, pods: list[Pod]) -> list[Replica]:
        """One in each, at once. Where one cannot even be tried, or nobody waits for them any more, none is left."""
        starts = [asyncio.create_task(self._start(service, folder, pod)) for pod in pods]
        try:
            return await asyncio.gather(*starts)
        except BaseException:
            for start in starts:
                start.cancel()
            ended = await asyncio.gather(*starts, return_exceptions=True)
            await asyncio.gather(*(one.stop() for one in ended if isinstance(one, Replica)))
            for pod in pods:
                pod.end()
            raise

    async def _start(self, service: Document, folder: Path, pod: Pod) -> Replica:
        replica = await start_replica(
            self._workspace, self._servers, service, folder / "azureml-app", self._new_log(folder)
        )
        replica.pod, pod.running = pod, lambda: replica.running
        try:
            if not await replica.healthy_within(START_SECONDS):
                await replica.stop()
        except asyncio.CancelledError:
            await replica.stop()
            raise
        return replica

    def _note_waiting(self, name: str, folder: Path, reason: str) -> None:
        """In the logs of the replicas that there are: one of them is the newest, which is shown."""
        end = f"for {SECONDS / 60:g} minutes, or until `{self._workspace.program} clock --advance {SECONDS / 60:g}m`"
        for log in [replica.log for replica in self.replicas(name)] or [self._new_log(folder)]:
            with log.open("a") as file:
                file.write(f"[local workspace] {reason} Waits for room {end}\n")

    def _new_log(self, folder: Path) -> Path:
        return folder / f"replica-{self._workspace.store.next_number('replica logs')}.log"

    def _admit(self, service: Document, folder: Path, fresh: list[Replica]) -> None:
        name = service["name"]
        self._replicas.setdefault(name, []).extend(fresh)
        for replica in fresh:
            self._spawn(self._keep_place(service, folder, replica))
            if "livenessProbeRequirements" in service:
                self._spawn(end_when_unresponsive(replica, service["livenessProbeRequirements"]))
            if "readinessProbeRequirements" in service:
                self._spawn(
                    keep_out_while_unready(replica, service["readinessProbeRequirements"], self.line(name).serve)
                )
        self.line(name).serve()

    async def _keep_place(self, service: Document, folder: Path, replica: Replica) -> None:
        """A dead replica keeps its place until another is ready, or a rollout or removal takes the place away."""
        name = service["name"]

        async def start() -> Replica:
            try:
                pods = self.scheduler.place(service, 1)
            except Unschedulable as error:
                raise BadRequest(str(error), code=UNSCHEDULABLE) from None
            return (await self._start_all(service, folder, pods))[0]

        fresh = await replacement(replica, name, lambda: replica in self.replicas(name), start)
        if fresh is not None:
            self._replicas[name].remove(replica)
            self._admit(service, folder, [fresh])


def _deployment_error(service: Document, replica: Replica) -> Document:
    tail = log_tail(replica.log, _LOG_TAIL)
    cause = f": {error}" if (error := first_error(tail)) else ""
    return _failed(service, "CrashLoopBackOff", f"the container did not become ready{cause}; its log ends:\n{tail}")


def _not_tried(service: Document, error: ApiError) -> Document:
    """By a lack of this machine's GPUs, or what it asks for can't be had here."""
    return no_room(error.message) if error.code == NO_GPU else _failed(service, error.code, error.message)


def _failed(service: Document, code: str, reason: str) -> Document:
    """SDK v2 shows the message alone, so the one of a deployment has the reason."""
    if endpoint_of(service):
        return {"code": "ResourceNotReady", "message": f"User container has crashed or terminated: {reason}"}
    message, details = "Kubernetes Deployment failed", [{"code": code, "message": reason}]
    return {"code": "KubernetesDeploymentFailed", "statusCode": 400, "message": message, "details": details}
