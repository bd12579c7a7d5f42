"""Replicas that nobody keeps are ended."""

import asyncio
import itertools
import sys
from pathlib import Path

import pytest

from azureml_emulator.azure.services.host import ServiceHost
from azureml_emulator.azure.services.replicas import pool
from azureml_emulator.azure.services.replicas.replica import Replica
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

    async def start(_workspace: LocalWorkspace, _service: Document, folder: Path, log: Path) -> Replica:
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
