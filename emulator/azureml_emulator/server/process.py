"""The emulator's process: two loopback listeners over one application, and the life of the workspace."""

import asyncio
import fcntl
import gc
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import uvicorn
import uvloop

from azureml_emulator.azure.arm.jobs.submission import Hosts
from azureml_emulator.azure.arm.schedules.scheduler import JobSchedules
from azureml_emulator.azure.pipelines.runs.engine import Engine
from azureml_emulator.azure.pipelines.runs.interruption import end_child_runs, finish_cancellations
from azureml_emulator.azure.pipelines.schedules.scheduler import Scheduler
from azureml_emulator.azure.runs.scriptruns.runs import ScriptRuns
from azureml_emulator.azure.services.host import ServiceHost
from azureml_emulator.azure.storage.blobs.blocks import delete_old_blocks
from azureml_emulator.errors import EmulatorError
from azureml_emulator.execution.executor import Executor
from azureml_emulator.execution.interpreters.mode import Mode
from azureml_emulator.server.app import build_app, with_scoring
from azureml_emulator.server.heap import keep_large_blocks_apart
from azureml_emulator.server.listeners import Listener, SecureListener
from azureml_emulator.state.disk.files import ADDRESS, LOCK
from azureml_emulator.state.disk.whole_files import delete_partial
from azureml_emulator.state.redirect.redirect import write_address, write_clouds
from azureml_emulator.state.workspace import Address, LocalWorkspace

_GARBAGE_OBJECTS = 20_000
"""Python looks for cycles after 700 new objects, which is every few requests, and there are next to none."""
_LOCK_SECONDS = 0.5
"""Whoever only looks whether the folder is in use holds its lock for a moment."""


def serve(
    folder: Path,
    http_port: int | None = None,
    environments: Mode = Mode.WARN,
    *,
    enforce_capacity: bool = False,
    share_gpus: bool = False,
    http_1_0: bool = False,
    program: str = "azureml-emulator",
) -> None:
    """Serve until SIGTERM or SIGINT. Raises EmulatorError when another process holds the folder or a port is taken."""
    os.environ.pop("PYTHONPATH", None)  # Azure has nobody's: runs and replicas get the one that they ask for
    keep_large_blocks_apart()
    os.umask(0o077)  # keys, data and logs are their owner's, also where the folder is open to others
    folder.mkdir(parents=True, exist_ok=True)
    _lock(folder)
    with _sockets(folder, http_port) as (http, tls):
        make = partial(
            LocalWorkspace,
            folder,
            Address(http.getsockname()[1], tls.getsockname()[1]),
            environments,
            enforce_capacity=enforce_capacity,
            share_gpus=share_gpus,
            http_1_0=http_1_0,
            program=program,
        )
        uvloop.run(_serve(make, http, tls))


async def _serve(make: Callable[[], LocalWorkspace], http: socket.socket, tls: socket.socket) -> None:
    workspace = make()
    folder = workspace.folder
    executor = Executor(workspace)
    engine, host = Engine(workspace, executor), ServiceHost(workspace)
    script_runs = ScriptRuns(workspace, executor)
    scheduler = Scheduler(workspace, engine, [JobSchedules(Hosts(workspace, engine, script_runs))])
    _recover(workspace, engine, script_runs, scheduler, host)
    app = build_app(workspace, engine, scheduler, host)
    app.state.script_runs = script_runs
    certificate = str(folder / "tls" / "server.pem")
    served = with_scoring(app)
    plain, secure = Listener(served), SecureListener(served, certificate)
    _stop_on_signal(plain, secure)
    write_clouds(folder, workspace.address)
    write_address(workspace)
    gc.freeze()  # what is there by now stays: nothing to look through
    gc.set_threshold(_GARBAGE_OBJECTS)
    scheduling = asyncio.create_task(scheduler.run())
    try:
        await asyncio.gather(plain.serve([http]), secure.serve([tls]))
    finally:
        scheduling.cancel()
        with suppress(asyncio.CancelledError):
            await scheduling
        await engine.close()
        await script_runs.close()
        await executor.close()
        await host.close()
        workspace.close()


def _recover(
    workspace: LocalWorkspace, engine: Engine, script_runs: ScriptRuns, scheduler: Scheduler, host: ServiceHost
) -> None:
    delete_partial(workspace.folder)
    delete_old_blocks(workspace.folder)
    workspace.operations.fail_interrupted()
    finish_cancellations(workspace.store)
    engine.fail_interrupted()
    script_runs.fail_interrupted()
    end_child_runs(workspace.store)
    scheduler.recover()
    host.resume()


def _stop_on_signal(*listeners: uvicorn.Server) -> None:
    def stop() -> None:
        for listener in listeners:
            listener.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)


def _lock(folder: Path) -> None:
    """One emulator a folder. The lock is never given back: it goes with the process, however and whenever that ends."""
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + _LOCK_SECONDS
    while not _takes(lock, fcntl.LOCK_EX):
        # Others can share the lock with whoever only looks, but not with an owner: wait for no owner's end.
        if not _takes(lock, fcntl.LOCK_SH) or time.monotonic() > deadline:
            owner = os.read(lock, 20).decode()
            os.close(lock)
            raise EmulatorError(f"{folder} is in use by the local workspace of process {owner}")
        fcntl.flock(lock, fcntl.LOCK_UN)
        time.sleep(_LOCK_SECONDS / 20)
    os.truncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())


def _takes(lock: int, kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _sockets(folder: Path, http_port: int | None) -> Iterator[tuple[socket.socket, socket.socket]]:
    """The ports of the last life where they are free, so that scoring URIs stay; a port that was asked for, or none."""
    last = _last_ports(folder)
    with _bind(http_port or last[0], strict=http_port is not None) as http, _bind(last[1], strict=False) as tls:
        yield http, tls


def _bind(port: int, *, strict: bool) -> socket.socket:
    try:
        listener = socket.create_server(("127.0.0.1", port), backlog=2048)
    except OSError as error:
        if strict:
            reason = os.strerror(error.errno or 0)
            raise EmulatorError(f"port {port} cannot be used: {reason}; choose another --port") from None
        listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    # asyncio does this only for sockets made with an explicit protocol; without it, answers wait 40 ms for an ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _last_ports(folder: Path) -> tuple[int, int]:
    try:
        address = json.loads((folder / ADDRESS).read_text())
        return tuple(int(address[key].rpartition(":")[2]) for key in ("http", "tls"))  # type: ignore[return-value]
    except (OSError, ValueError, KeyError):
        return 0, 0
