"""Replicas that nobody keeps are ended, and those that a failed update leaves are the ones that there were."""

import asyncio
import itertools
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from azureml_emulator.azure.computes.targets import new_target
from azureml_emulator.azure.services.host import ServiceHost
from azureml_emulator.azure.services.replicas import pool
from azureml_emulator.azure.services.replicas.replica import Replica
from azureml_emulator.azure.services.replicas.servers import Servers
from azureml_emulator.azure.services.scheduling.scheduler import SECONDS
from azureml_emulator.execution.child import Child
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

SERVICE: Document = {
    "name": "echo",
    "numReplicas": 2,
    "models": [],
    "properties": {},
    "environmentImageRequest": {"assets": []},
}


def test_one_replica_that_cannot_be_tried_ends_the_other(
    workspace: LocalWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Child] = []
    number = itertools.count()

    async def start(
        _workspace: LocalWorkspace, _servers: Servers, _service: Document, folder: Path, log: Path
    ) -> Replica:
        if next(number):
            raise OSError("too many open files")
        command = [sys.executable, "-c", "import time; time.sleep(600)"]
        started.append(await Child.start(command, folder=folder, environment={}, log=log))
        return Replica(started[0], 1, log)

    async def run() -> tuple[str, list[bool]]:
        host = ServiceHost(workspace)
        operation = workspace.operations.start("Service")
        host.roll_out("echo", operation)
        ended = await workspace.operations.wait(operation)
        running = [child.running for child in started]
        await asyncio.gather(*(child.stop() for child in started))
        await host.clear()
        return ended["error"]["message"], running

    monkeypatch.setattr(pool, "start_replica", start)
    workspace.store.put("service", "echo", SERVICE)
    message, running = asyncio.run(run())
    assert "too many open files" in message
    assert running == [False] or not started


def test_a_service_that_never_started_has_no_log_of_an_earlier_one_of_its_name(
    workspace: LocalWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def start(
        _workspace: LocalWorkspace, _servers: Servers, _service: Document, _folder: Path, log: Path
    ) -> Replica:
        log.write_text("of the first")
        raise OSError("too many open files")

    async def run() -> list[str]:
        host, logs = ServiceHost(workspace), []
        for fails_with in (None, "no machine was free"):
            workspace.store.put("service", "echo", dict(SERVICE))
            operation = workspace.operations.start("Service")
            host.roll_out("echo", operation, fails_with)
            await workspace.operations.wait(operation)
            logs.append(host.log_text("echo"))
            workspace.store.delete("service", "echo")
            await host.remove("echo")
        await host.clear()
        return logs

    monkeypatch.setattr(pool, "start_replica", start)
    assert asyncio.run(run()) == ["of the first", ""]


def test_an_update_to_more_replicas_than_fit_leaves_as_many_as_there_were(
    workspace: LocalWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On two nodes with a GPU each: two of three replicas have the new version when the third finds no room."""

    async def start(
        _workspace: LocalWorkspace, _servers: Servers, _service: Document, folder: Path, log: Path
    ) -> Replica:
        command = [sys.executable, "-c", "import time; time.sleep(600)"]
        return Replica(await Child.start(command, folder=folder, environment={}, log=log), 1, log)

    async def is_healthy(_replica: Replica, _seconds: float) -> bool:
        return True

    sizes = {"computeType": "AKS", "properties": {"agentVmSize": "Standard_NC4as_T4_v3", "agentCount": 2}}
    workspace.store.put("compute", "c", new_target(workspace, "c", {"properties": sizes}))
    one = SERVICE | {"numReplicas": 1, "computeName": "c", "containerResourceRequirements": {"gpu": 1}}
    host = ServiceHost(workspace)

    async def rolled_out(service: Document) -> Document:
        workspace.store.put("service", "echo", service)
        operation = workspace.operations.start("Service")
        host.roll_out("echo", operation)
        return await workspace.operations.wait(operation)

    async def run() -> tuple[str, list[Path], list[Path]]:
        await rolled_out(one)
        before = host.pool.replicas("echo")
        folders = [replica.log.parent for replica in before]
        update = asyncio.create_task(rolled_out(one | {"numReplicas": 3, "_before": {"numReplicas": 1}}))
        while "Waits for room" not in host.log_text("echo"):
            await asyncio.sleep(0.01)
        workspace.clock.move(workspace.clock.now() + timedelta(seconds=SECONDS))
        ended = await update
        left = [replica.log.parent for replica in host.pool.replicas("echo")]
        await host.clear()
        return ended["error"]["code"], folders, left

    monkeypatch.setattr(pool, "start_replica", start)
    monkeypatch.setattr(Replica, "healthy_within", is_healthy)
    workspace.enforce_capacity = True
    code, before, left = asyncio.run(run())
    assert (code, len(before), left) == ("KubernetesError", 1, before)
