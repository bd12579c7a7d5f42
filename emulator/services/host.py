"""The services that run: their replicas, rollouts, and the repair of replicas that die."""

import asyncio
import shutil
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from starlette.requests import Request

from emulator.services.replica import Replica, gpu_note, stage_image, start_replica
from emulator.wire import Document, now
from emulator.workspace import LocalWorkspace

START_SECONDS = 300.0
"""Azure gives up on pods that are not ready after about this long."""
_LOG_TAIL = 3000
_RESTART_PAUSE_SECONDS = 1.0


class ServiceHost:
    def __init__(self, workspace: LocalWorkspace) -> None:
        self._workspace = workspace
        self._replicas: dict[str, list[Replica]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed: dict[str, asyncio.Condition] = {}
        self._busy: set[str] = set()
        self.resuming: set[str] = set()
        """Services of an earlier life that are not back yet."""
        self._closing = False

    def replicas(self, name: str) -> list[Replica]:
        return self._replicas.get(name, [])

    def changed(self, name: str) -> asyncio.Condition:
        """Notified when a replica of the service becomes free, comes or goes."""
        return self._changed.setdefault(name, asyncio.Condition())

    def is_busy(self, name: str) -> bool:
        """Whether a rollout of the service is in progress."""
        return name in self._busy

    def roll_out(self, name: str, operation: str) -> None:
        """Bring the running replicas to what the service's document says; ends the operation either way."""
        self._busy.add(name)
        self._spawn(self._roll_out(name, operation))

    async def remove(self, name: str) -> None:
        replicas = self._replicas.pop(name, [])
        await asyncio.gather(*(replica.stop() for replica in replicas))

    async def close(self) -> None:
        self._closing = True
        await self.clear()

    async def clear(self) -> None:
        """End all services and what goes on with them."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(self.remove(name) for name in list(self._replicas)))

    def resume(self) -> None:
        """Called at start: services of an earlier life are started again, as they were before an unfinished update."""
        for service in self._workspace.store.all("service"):
            if service["state"] in ("Healthy", "Unhealthy", "Transitioning"):
                last = service | service.pop("_before", {}) | {"state": "Transitioning"}
                self._workspace.store.put("service", service["name"], last)
                self.resuming.add(service["name"])
                self.roll_out(service["name"], self._workspace.operations.start("Service"))

    def log_text(self, name: str) -> str:
        """The newest replica's log."""
        logs = sorted(self._folder(name).glob("*/replica-*.log"), key=lambda log: log.stat().st_mtime)
        return logs[-1].read_text(errors="replace") if logs else ""

    def _folder(self, name: str) -> Path:
        return self._workspace.folder / "services" / name

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _roll_out(self, name: str, operation: str) -> None:
        error: Document | None = None
        try:
            error = await self._replace_replicas(name)
        except asyncio.CancelledError:
            raise
        except Exception as failure:  # noqa: BLE001 - whatever it was, the operation must end with its reason
            error = {"code": "DeploymentFailed", "message": f"the local workspace could not deploy: {failure!r}"}
        finally:
            self._busy.discard(name)
            self.resuming.discard(name)
        with self._workspace.store.transaction():
            if self._workspace.store.find("service", name):
                self._note_outcome(name, error)
            self._workspace.operations.finish(operation, error)

    async def _replace_replicas(self, name: str) -> Document | None:
        """A first deployment starts all replicas at once; an update surges by one, as AKS does."""
        service = self._workspace.store.get("service", name)
        generation = self._workspace.store.next_number(f"generations of {name}")
        folder = self._folder(name) / str(generation)
        await stage_image(self._workspace, service, folder / "azureml-app")
        wanted = int(service["numReplicas"])
        batches = [1] * wanted if self.replicas(name) else [wanted]
        started = 0
        for size in batches:
            fresh = await asyncio.gather(*(self._start(service, folder, started + index) for index in range(size)))
            started += size
            if failed := [replica for replica in fresh if not replica.running or replica.retired]:
                await asyncio.gather(*(replica.stop() for replica in fresh))
                return _deployment_error(failed[0])
            await self._admit(service, folder, list(fresh))
            await self._retire(name, self._earlier(name, folder)[:1])
        await self._retire(name, self._earlier(name, folder))
        await asyncio.to_thread(_delete_images, self._folder(name), folder)
        return None

    async def _start(self, service: Document, folder: Path, index: int) -> Replica:
        log = folder / f"replica-{index}-{self._workspace.store.next_number('replica logs')}.log"
        replica = await start_replica(self._workspace, service, folder / "azureml-app", log)
        try:
            if not await replica.healthy_within(START_SECONDS):
                await replica.stop()
        except asyncio.CancelledError:
            await replica.stop()
            raise
        return replica

    async def _admit(self, service: Document, folder: Path, fresh: list[Replica]) -> None:
        name = service["name"]
        self._replicas.setdefault(name, []).extend(fresh)
        for replica in fresh:
            self._spawn(self._restart_when_dead(service, folder, replica))
        async with self.changed(name):
            self.changed(name).notify_all()

    def _earlier(self, name: str, folder: Path) -> list[Replica]:
        """Replicas of earlier rollouts, also those that were only just started in the place of a dead one."""
        return [replica for replica in self.replicas(name) if replica.log.parent != folder]

    async def _retire(self, name: str, replicas: list[Replica]) -> None:
        for replica in replicas:
            self._replicas[name].remove(replica)
        await asyncio.gather(*(replica.stop() for replica in replicas))

    async def _restart_when_dead(self, service: Document, folder: Path, replica: Replica) -> None:
        """A dead replica keeps its place until another is ready, or a rollout or removal takes the place away."""
        await replica.wait()
        name = service["name"]
        while not self._closing and replica in self.replicas(name):
            await asyncio.sleep(_RESTART_PAUSE_SECONDS)
            try:
                fresh = await self._start(service, folder, 0)
            except OSError as error:
                print(f"service {name}: a replica cannot be started again: {error}", file=sys.stderr, flush=True)
                continue
            if fresh.running and replica in self.replicas(name):
                self._replicas[name].remove(replica)
                await self._admit(service, folder, [fresh])
                return
            await fresh.stop()

    def _note_outcome(self, name: str, error: Document | None) -> None:
        service = self._workspace.store.get("service", name)
        count = sum(replica.running for replica in self.replicas(name))
        before = service.pop("_before", {})
        if error and count:
            service |= before  # what still answers is what the service is
        service["state"] = "Healthy" if error is None else "Unhealthy" if count else "Failed"
        status = {"replicas": int(service["numReplicas"]), "availableReplicas": count, "updatedReplicas": count}
        service |= {"error": error, "updatedTime": now(), "deploymentStatus": status}
        if note := gpu_note(service).strip():
            service["properties"]["localWorkspaceGpu"] = note
        self._workspace.store.put("service", name, service)


def host_of(request: Request) -> ServiceHost:
    host: ServiceHost = request.app.state.host
    return host


def _delete_images(service_folder: Path, kept: Path) -> None:
    """Models are large, and no replica of an earlier rollout runs any more. Its logs stay."""
    for image in service_folder.glob("*/azureml-app"):
        if image.parent != kept:
            shutil.rmtree(image, ignore_errors=True)


def _deployment_error(replica: Replica) -> Document:
    tail = replica.log.read_bytes()[-_LOG_TAIL:].decode(errors="replace")
    details = [{"code": "CrashLoopBackOff", "message": f"the container did not become ready; its log ends:\n{tail}"}]
    message = "Kubernetes Deployment failed"
    return {"code": "KubernetesDeploymentFailed", "statusCode": 400, "message": message, "details": details}
