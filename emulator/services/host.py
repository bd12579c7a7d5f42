"""The services that run: their replicas, rollouts, and the repair of replicas that die."""

import asyncio
import shutil
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from starlette.requests import Request

from emulator.compute.gpus import affordable_replicas
from emulator.errors import ApiError
from emulator.logtail import log_tail
from emulator.services.liveness import end_when_unresponsive
from emulator.services.replica import Replica, gpu_note, stage_image, start_replica
from emulator.services.scaling import Scaler
from emulator.services.waiting import WaitingLine
from emulator.wire import Document, now
from emulator.workspace import LocalWorkspace

START_SECONDS = 300.0
"""Azure gives up on pods that are not ready after about this long."""
_LOG_TAIL = 3000
_LOG_BYTES = 4 * 1024 * 1024
_POLL_SECONDS = 0.1
_RESTART_PAUSE_SECONDS = 1.0


class ServiceHost:
    def __init__(self, workspace: LocalWorkspace) -> None:
        self._workspace = workspace
        self._replicas: dict[str, list[Replica]] = {}
        self._images: dict[str, Path] = {}
        """The folder of each service's last successful rollout."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._lines: dict[str, WaitingLine] = {}
        self._busy: set[str] = set()
        self._scalers: dict[str, asyncio.Task[None]] = {}
        self._scaling: set[str] = set()
        self.resuming: set[str] = set()
        """Services of an earlier life that are not back yet."""
        self._closing = False

    def replicas(self, name: str) -> list[Replica]:
        return self._replicas.get(name, [])

    def line(self, name: str) -> WaitingLine:
        """Where requests wait for a replica of the service."""
        if name not in self._lines:
            self._lines[name] = WaitingLine(lambda: self.replicas(name))
        return self._lines[name]

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
        work = self._resize if self.replicas(name) and name in self._images else self._replace_replicas
        self._spawn(self._end_operation(name, operation, work))

    async def remove(self, name: str) -> None:
        await self._scaled(name)
        if scaler := self._scalers.pop(name, None):
            scaler.cancel()
        replicas, images = self._replicas.pop(name, []), _images_below(self._folder(name))
        self._images.pop(name, None)
        await asyncio.gather(*(replica.stop() for replica in replicas))
        await asyncio.to_thread(_delete, images)  # none of those that a service of the same name has meanwhile

    async def close(self) -> None:
        self._closing = True
        await self.clear()

    async def clear(self) -> None:
        """End all services and what goes on with them."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(self.remove(name) for name in {*self._replicas, *self._scalers}))
        for known in (self._busy, self._lines, self.resuming):
            known.clear()

    def resume(self) -> None:
        """Called at start: services of an earlier life are started again, as they were before an unfinished update."""
        for service in self._workspace.store.all("service"):
            if service["state"] in ("Healthy", "Unhealthy", "Transitioning"):
                last = service | service.pop("_before", {}) | {"state": "Transitioning"}
                self._workspace.store.put("service", service["name"], last)
                self.resuming.add(service["name"])
                self.roll_out(service["name"], self._workspace.operations.start("Service"))

    def log_text(self, name: str) -> str:
        """The newest replica's log, of a very long one the end."""
        logs = sorted(self._folder(name).glob("*/replica-*.log"), key=lambda log: log.stat().st_mtime)
        return log_tail(logs[-1], _LOG_BYTES) if logs else ""

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
            await self._scaled(name)
            error = await work(name)
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
        for size in [1] * wanted if self.replicas(name) else [wanted]:
            if error := await self._add(service, folder, size):
                await self._fall_back(service, folder)
                return error
            await self._retire(name, self._earlier(name, folder)[:1])
        await self._retire(name, self._earlier(name, folder))
        earlier = [image for image in _images_below(self._folder(name)) if image.parent != folder]
        await asyncio.to_thread(_delete, earlier)
        self._images[name] = folder
        if "autoScaler" in service and name not in self._scalers:
            self._scalers[name] = self._spawn(self._autoscale(name))
        return None

    async def _fall_back(self, service: Document, folder: Path) -> None:
        """Replicas of the last version in the place of those that already had the new one."""
        name = service["name"]
        updated = [replica for replica in self.replicas(name) if replica.log.parent == folder]
        if updated and name in self._images:
            earlier = service | service.get("_before", {})
            if await self._add(earlier, self._images[name], len(updated)) is None:
                await self._retire(name, updated)

    async def _resize(self, name: str) -> Document | None:
        service = self._workspace.store.get("service", name)
        wanted, replicas = int(service["numReplicas"]), self.replicas(name)
        if wanted > len(replicas):
            return await self._add(service, self._images[name], wanted - len(replicas))
        await self._retire(name, sorted(replicas, key=lambda replica: -replica.in_flight)[wanted:])
        return None

    async def _add(self, service: Document, folder: Path, count: int) -> Document | None:
        """All of them or, with an error, none."""
        fresh = await self._start_all(service, folder, count)
        if failed := [replica for replica in fresh if not replica.serving]:
            await asyncio.gather(*(replica.stop() for replica in fresh))
            return _deployment_error(failed[0])
        self._admit(service, folder, fresh)
        return None

    async def _start_all(self, service: Document, folder: Path, count: int) -> list[Replica]:
        """So many, at once. Where one cannot even be tried, or nobody waits for them any more, none is left."""
        starts = [asyncio.create_task(self._start(service, folder)) for _ in range(count)]
        try:
            return await asyncio.gather(*starts)
        except BaseException:
            for start in starts:
                start.cancel()
            ended = await asyncio.gather(*starts, return_exceptions=True)
            await asyncio.gather(*(one.stop() for one in ended if isinstance(one, Replica)))
            raise

    async def _start(self, service: Document, folder: Path) -> Replica:
        log = folder / f"replica-{self._workspace.store.next_number('replica logs')}.log"
        replica = await start_replica(self._workspace, service, folder / "azureml-app", log)
        try:
            if not await replica.healthy_within(START_SECONDS):
                await replica.stop()
        except asyncio.CancelledError:
            await replica.stop()
            raise
        return replica

    def _admit(self, service: Document, folder: Path, fresh: list[Replica]) -> None:
        name = service["name"]
        self._replicas.setdefault(name, []).extend(fresh)
        for replica in fresh:
            self._spawn(self._restart_when_dead(service, folder, replica))
            if "livenessProbeRequirements" in service:
                self._spawn(end_when_unresponsive(replica, service["livenessProbeRequirements"]))
        self.line(name).serve()

    def _earlier(self, name: str, folder: Path) -> list[Replica]:
        """Replicas of earlier rollouts, also those that were only just started in the place of a dead one."""
        return [replica for replica in self.replicas(name) if replica.log.parent != folder]

    async def _retire(self, name: str, replicas: list[Replica]) -> None:
        """Requests that they have are answered first."""
        for replica in replicas:
            self._replicas[name].remove(replica)
        await asyncio.gather(*(replica.drain() for replica in replicas))
        await asyncio.gather(*(replica.stop() for replica in replicas))

    async def _restart_when_dead(self, service: Document, folder: Path, replica: Replica) -> None:
        """A dead replica keeps its place until another is ready, or a rollout or removal takes the place away."""
        await replica.wait()
        name = service["name"]
        while not self._closing and replica in self.replicas(name):
            await asyncio.sleep(_RESTART_PAUSE_SECONDS)
            try:
                fresh = await self._start(service, folder)
            except (OSError, ApiError) as error:
                print(f"service {name}: a replica cannot be started again: {error}", file=sys.stderr, flush=True)
                continue
            if fresh.serving and replica in self.replicas(name):
                self._replicas[name].remove(replica)
                self._admit(service, folder, [fresh])
                return
            await fresh.stop()

    async def _autoscale(self, name: str) -> None:
        """Let the number of replicas follow the requests, for as long as the service is there."""
        scaler = Scaler()
        while service := self._workspace.store.find("service", name):
            settings = service["autoScaler"]
            if settings["autoscaleEnabled"] and not self.is_busy(name):
                requests = len(self.line(name)) + sum(replica.in_flight for replica in self.replicas(name))
                wanted = scaler.replicas(service, requests, asyncio.get_running_loop().time())
                await self._scale(service, max(1, min(wanted, affordable_replicas(self._workspace.store, service))))
            await asyncio.sleep(settings["refreshPeriodInSeconds"])

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
        if service_now and not self.is_busy(name):  # an update that waits for this has its own idea of the number
            count = len(self.replicas(name))
            changes = {"numReplicas": count, "deploymentStatus": _status(count, count)}
            self._workspace.store.put("service", name, service_now | changes)

    async def _scaled(self, name: str) -> None:
        """Return when no scaling is under way."""
        while name in self._scaling:
            await asyncio.sleep(_POLL_SECONDS)

    def _note_outcome(self, name: str, error: Document | None) -> None:
        service = self._workspace.store.get("service", name)
        count = sum(replica.running for replica in self.replicas(name))
        before = service.pop("_before", {})
        if error and count:
            service |= before  # what still answers is what the service is
        service["state"] = "Healthy" if error is None else "Unhealthy" if count else "Failed"
        status = _status(int(service["numReplicas"]), count)
        service |= {"error": error, "updatedTime": now(), "deploymentStatus": status}
        if note := gpu_note(service).strip():
            service["properties"]["localWorkspaceGpu"] = note
        self._workspace.store.put("service", name, service)


def host_of(request: Request) -> ServiceHost:
    host: ServiceHost = request.app.state.host
    return host


def _status(wanted: int, running: int) -> Document:
    return {"replicas": wanted, "availableReplicas": running, "updatedReplicas": running}


def _images_below(service_folder: Path) -> list[Path]:
    return list(service_folder.glob("*/azureml-app"))


def _delete(images: list[Path]) -> None:
    """Models are large, and no replica of these runs any more. Their logs stay."""
    for image in images:
        shutil.rmtree(image, ignore_errors=True)


def _deployment_error(replica: Replica) -> Document:
    tail = log_tail(replica.log, _LOG_TAIL)
    details = [{"code": "CrashLoopBackOff", "message": f"the container did not become ready; its log ends:\n{tail}"}]
    message = "Kubernetes Deployment failed"
    return {"code": "KubernetesDeploymentFailed", "statusCode": 400, "message": message, "details": details}
