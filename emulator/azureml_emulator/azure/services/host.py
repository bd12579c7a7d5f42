"""What is done to services: deployed, updated, resized, removed, and brought back after a restart."""

import asyncio
import shutil
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from starlette.requests import Request

from azureml_emulator.azure.services.autoscaling import Autoscaling
from azureml_emulator.azure.services.documents import deployment_status
from azureml_emulator.azure.services.replicas.image import stage_image
from azureml_emulator.azure.services.replicas.pool import ReplicaPool
from azureml_emulator.azure.services.replicas.replica import Replica
from azureml_emulator.azure.services.routing.lag import RoutingLags
from azureml_emulator.azure.services.scheduling.failure import UNSCHEDULABLE, is_no_room
from azureml_emulator.execution.logtail import log_tail
from azureml_emulator.state.disk.room import reason_of, when_there_is_room
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document, now

_LOG_BYTES = 4 * 1024 * 1024


class ServiceHost:
    def __init__(self, workspace: LocalWorkspace) -> None:
        self._workspace = workspace
        self.pool = ReplicaPool(workspace)
        self.lags = RoutingLags(workspace.clock.now)
        self._images: dict[str, Path] = {}
        """The folder of each service's last successful rollout."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._busy: set[str] = set()
        self._autoscaling = Autoscaling(workspace, self.pool, self.is_busy, self._resize)
        self.resuming: set[str] = set()
        """Services of an earlier life that are not back yet."""

    def is_busy(self, name: str) -> bool:
        """Whether an operation on the service is in progress."""
        return name in self._busy

    def roll_out(self, name: str, operation: str, fails_with: str | None = None) -> None:
        """Bring the running replicas to what the service's document says; ends the operation either way.

        With `fails_with`, nothing is done, and that is the reason.
        """
        self._busy.add(name)

        async def fail(_name: str) -> Document:
            return {"code": "InjectedFault", "message": str(fails_with), "details": []}

        self._spawn(self._end_operation(name, operation, fail if fails_with else self._replace_replicas))

    def resize(self, name: str, operation: str) -> None:
        """Start or stop as many replicas as the document asks for; the others stay; ends the operation either way."""
        self._busy.add(name)
        work = self._resize if self.pool.replicas(name) and name in self._images else self._replace_replicas
        self._spawn(self._end_operation(name, operation, work))

    def end(self, names: list[str], operation: str) -> None:
        """Remove services, which are in the store no more, after the requests that they have; ends the operation."""
        self._busy.update(names)
        self._spawn(self._end_removal(names, operation))

    async def _end_removal(self, names: list[str], operation: str) -> None:
        try:
            await asyncio.gather(*(self._drain_and_remove(name) for name in names))
        finally:
            self._busy.difference_update(names)
        await when_there_is_room(lambda: self._workspace.operations.finish(operation))

    async def _drain_and_remove(self, name: str) -> None:
        await self._autoscaling.settled(name)
        await self.pool.drain(name)
        await self.remove(name)

    async def remove(self, name: str) -> None:
        """The service with its logs: one of the same name has containers, and logs, of its own."""
        await self._autoscaling.settled(name)  # it may be starting a replica, which has a log
        logs = self.logs(name)
        await self._take_away(name)
        await asyncio.to_thread(_delete, logs)

    async def _take_away(self, name: str) -> None:
        await self._autoscaling.settled(name)
        self._autoscaling.leave(name)
        images = _images_below(self._folder(name))
        self._images.pop(name, None)
        self.lags.forget(name)
        await self.pool.remove(name)
        await asyncio.to_thread(_delete, images)  # none of those that a service of the same name has meanwhile

    async def clear(self) -> None:
        """End all services and what goes on with them."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, self._autoscaling.clear(), return_exceptions=True)
        names = self.pool.services | self._autoscaling.services
        await self.pool.clear()
        await asyncio.gather(*(self._take_away(name) for name in names))
        self._busy.clear()
        self.resuming.clear()
        self.lags.clear()

    async def close(self) -> None:
        """The same, and nothing is started any more."""
        await self.clear()
        await self.pool.close()

    def resume(self) -> None:
        """Called at start: services of an earlier life are started again, as they were before an unfinished update."""
        for service in self._workspace.store.all("service"):
            serving = (service["deploymentStatus"] or {}).get("availableReplicas")
            if service["state"] in ("Healthy", "Unhealthy", "Transitioning") or serving:
                last = service | service.pop("_before", {}) | {"state": "Transitioning"}
                self._workspace.store.put("service", service["name"], last)
                self.resuming.add(service["name"])
                self.roll_out(service["name"], self._workspace.operations.start("Service"))

    def note(self, name: str, lines: str) -> None:
        """Say something in the logs of the replicas that run."""
        for replica in self.pool.replicas(name):
            replica.note(lines)

    def log_text(self, name: str) -> str:
        """The newest replica's log, of a very long one the end."""
        logs = self.logs(name)
        return log_tail(logs[0], _LOG_BYTES) if logs else ""

    def logs(self, name: str) -> list[Path]:
        """The logs of all replicas that the service had, the newest first."""
        logs = self._folder(name).glob("*/replica-*.log")
        return sorted(logs, key=lambda log: log.stat().st_mtime, reverse=True)

    def _folder(self, name: str) -> Path:
        return self._workspace.folder / "services" / name

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _end_operation(
        self, name: str, operation: str, work: Callable[[str], Coroutine[Any, Any, Document | None]]
    ) -> None:
        error: Document | None = None
        try:
            await self._autoscaling.settled(name)
            error = await work(name)
        except asyncio.CancelledError:
            raise
        except Exception as failure:  # noqa: BLE001 - whatever it was, the operation must end with its reason
            why = reason_of(failure)
            error = {"code": "DeploymentFailed", "message": f"the local workspace could not deploy: {why}"}
        finally:
            self._busy.discard(name)
            self.resuming.discard(name)
        self.lags.operation_ended(name, healthy=error is None)
        await when_there_is_room(lambda: self._note_end(name, operation, error))

    def _note_end(self, name: str, operation: str, error: Document | None) -> None:
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
        updates = bool(self.pool.replicas(name))
        for _ in range(wanted if updates else 1):
            earlier = self.pool.earlier(name, folder)
            work = self._replace_one(service, folder, earlier) if updates else self.pool.add(service, folder, wanted)
            if error := await work:
                await self._fall_back(service, folder)
                return error
        await self.pool.retire(name, self.pool.earlier(name, folder))
        images = [image for image in _images_below(self._folder(name)) if image.parent != folder]
        await asyncio.to_thread(_delete, images)
        self._images[name] = folder
        if "autoScaler" in service:
            self._autoscaling.follow(name)
        return None

    async def _replace_one(self, service: Document, folder: Path, others: list[Replica]) -> Document | None:
        """A new replica; then the first of the others goes. It goes before where the new one has room only then, as AKS
        has it, too: of the replicas that are wanted, one may be missing meanwhile.
        """
        name, scheduler = service["name"], self.pool.scheduler
        gives_way = bool(others) and not scheduler.fits(service) and scheduler.fits(service, without=others[0].pod)
        if gives_way:
            await self.pool.retire(name, others[:1])
        error = await self.pool.add(service, folder, 1)
        if not (error or gives_way):
            await self.pool.retire(name, others[:1])
        return error

    async def _fall_back(self, service: Document, folder: Path) -> None:
        """As many replicas of the last version as there were, in the place of those that gave way or are new."""
        name = service["name"]
        if name not in self._images:
            return
        earlier, image = service | service.get("_before", {}), self._images[name]
        wanted = int(earlier["numReplicas"])
        for replica in [replica for replica in self.pool.replicas(name) if replica.log.parent == folder]:
            if len(self.pool.replicas(name)) > wanted:
                await self.pool.retire(name, [replica])
            elif await self._replace_one(earlier, image, [replica]):
                return
        if (missing := wanted - len(self.pool.replicas(name))) > 0:
            await self.pool.add(earlier, image, missing)

    async def _resize(self, name: str) -> Document | None:
        service = self._workspace.store.get("service", name)
        wanted, replicas = int(service["numReplicas"]), self.pool.replicas(name)
        if wanted > len(replicas):
            return await self.pool.add(service, self._images[name], wanted - len(replicas))
        await self.pool.retire(name, sorted(replicas, key=lambda replica: -replica.in_flight)[wanted:])
        return None

    def _note_outcome(self, name: str, error: Document | None) -> None:
        service = self._workspace.store.get("service", name)
        replicas = self.pool.replicas(name)
        count = sum(replica.running for replica in replicas)
        before = service.pop("_before", {})
        if error and replicas:
            service |= before  # what answers, or is started again in the place of what died, is what the service is
        service["state"] = _state(error, count)
        status = deployment_status(int(service["numReplicas"]), count)
        service |= {"error": error, "updatedTime": now(), "deploymentStatus": status}
        self._workspace.store.put("service", name, service)


def _state(error: Document | None, running: int) -> str:
    if is_no_room(error):
        return UNSCHEDULABLE
    return "Healthy" if error is None else "Unhealthy" if running else "Failed"


def host_of(request: Request) -> ServiceHost:
    host: ServiceHost = request.app.state.host
    return host


def _images_below(service_folder: Path) -> list[Path]:
    return list(service_folder.glob("*/azureml-app"))


def _delete(paths: list[Path]) -> None:
    """Of images, whose models are large: no replica of these runs any more. Logs stay until the service is removed."""
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
