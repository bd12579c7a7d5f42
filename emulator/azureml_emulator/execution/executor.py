"""Executes the processes of runs: on a free node of their cluster, until they end or are ended."""

import asyncio
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path

from starlette.requests import Request

from azureml_emulator.azure.computes.gpus import gpus_of_run, run_note
from azureml_emulator.azure.computes.nodes import Nodes
from azureml_emulator.execution.child import Child
from azureml_emulator.execution.files import collect_files, prepare_folders
from azureml_emulator.execution.forkserver.client import DRIVER, ForkServer
from azureml_emulator.execution.interpreters.interpreters import Interpreter
from azureml_emulator.execution.interpreters.requirements import own_python
from azureml_emulator.execution.job import LOCAL, Ended, Host, Job, Running
from azureml_emulator.execution.variables import common_environment, job_environment
from azureml_emulator.state.gpus import Lease
from azureml_emulator.state.workspace import LocalWorkspace

_COMMANDS = Path(__file__).with_name("commands")
_SHELL = shutil.which("bash") or "/bin/sh"
_CANCELED = Ended(1)


class Executor:
    def __init__(self, workspace: LocalWorkspace) -> None:
        self._workspace = workspace
        self._nodes = Nodes(workspace.store)
        self._forks = ForkServer("runs", common_environment(workspace))
        self._children: dict[str, set[Running]] = {}
        self._building: dict[str, set[asyncio.Task[Interpreter]]] = {}
        self._canceled: set[str] = set()
        self._preparing: set[asyncio.Task[None]] = set()

    def expect(self) -> None:
        """Somebody builds a pipeline: get ready meanwhile."""
        task = asyncio.create_task(self._forks.prepare())
        self._preparing.add(task)
        task.add_done_callback(self._preparing.discard)

    async def run(self, job: Job, note: Callable[[str], None]) -> Ended:
        """Run a job to its end; `note` is told each status on the way. One that was canceled before isn't started.

        Raises an ApiError for a compute target, a snapshot or an environment that it can't have.
        """
        note("Preparing")
        interpreter = await self._interpreter(job)
        if interpreter is None:
            return _CANCELED
        note("Queued")
        async with self._node(job):
            if self.is_canceled(job.owner):
                return _CANCELED
            if job.target != LOCAL:
                note("Provisioning")
            try:
                with gpus_of_run(self._workspace, job.run_id, job.target) as lease:
                    return await self._run_process(job, interpreter, lease, note)
            finally:
                if job.data:
                    job.data.release()

    def _node(self, job: Job) -> AbstractAsyncContextManager[None]:
        if job.target == LOCAL:
            return nullcontext()
        return self._nodes.node(job.target, lambda: self.is_canceled(job.owner))

    async def cancel(self, owner: str) -> None:
        """End the processes of a run, and start no more."""
        self._canceled.add(owner)
        for task in self._building.get(owner, ()):
            task.cancel()
        await self._nodes.look_again()
        await asyncio.gather(*(child.stop() for child in self._children.get(owner, ())))

    def is_canceled(self, owner: str) -> bool:
        return owner in self._canceled

    def forget(self, owner: str) -> None:
        """Called when a run has ended."""
        self._canceled.discard(owner)
        self._children.pop(owner, None)
        self._building.pop(owner, None)

    async def close(self) -> None:
        """After the last run has ended."""
        await self._forks.close()

    async def _interpreter(self, job: Job) -> Interpreter | None:
        """None where the run is canceled first: building a virtual environment takes as long as pip does."""
        if self.is_canceled(job.owner):
            return None
        if job.target == LOCAL and (python := own_python(job.environment)):
            return Interpreter(python, "")
        task = asyncio.create_task(self._workspace.interpreters.prepare(job.environment))
        building = self._building.setdefault(job.owner, set())
        building.add(task)
        try:
            await asyncio.wait([task])
        finally:
            building.discard(task)
        return None if task.cancelled() else task.result()

    async def _run_process(
        self, job: Job, interpreter: Interpreter, gpus: Lease | None, note: Callable[[str], None]
    ) -> Ended:
        children = self._children.setdefault(job.owner, set())
        child = await self._start(job, interpreter, children, gpus)
        children.add(child)
        note("Running")
        try:
            if self.is_canceled(job.owner):  # it was while the snapshot was restored
                await child.stop()
            ended = await _end_of(child, job.max_seconds)
            note("Finalizing")
            if job.data and ended == Ended(0) and not self.is_canceled(job.owner):
                await job.data.keep(self._host(job, children))
            return ended
        finally:
            children.discard(child)
            await collect_files(self._workspace, job)

    async def _start(self, job: Job, interpreter: Interpreter, children: set[Running], gpus: Lease | None) -> Running:
        note = interpreter.note + run_note(self._workspace, job.target, gpus)
        folder, log = await prepare_folders(self._workspace, job, note)
        if job.data:
            job = await job.data.deliver(job, self._host(job, children))
        environment = job_environment(self._workspace, job)
        if job.target != LOCAL:
            environment = self._workspace.gpus.visible(environment, gpus)
        is_own = interpreter.python == sys.executable
        if job.command or not is_own:
            _put_first(environment, "PATH", Path(interpreter.python).parent)
        if job.command:
            _put_first(environment, "PYTHONPATH", _COMMANDS)
            return await Child.start([_SHELL, "-c", job.command], folder=folder, environment=environment, log=log)
        script = [job.script, *job.arguments]
        if is_own:
            return await self._fork(script, folder, environment, log)
        command = [interpreter.python, str(DRIVER), *script]
        return await Child.start(command, folder=folder, environment=environment, log=log)

    def _host(self, job: Job, children: set[Running]) -> Host:
        environment = self._workspace.gpus.visible(job_environment(self._workspace, job), None)
        environment.pop("PYTHONPATH", None)  # the script's; what is of the emulator must not import from there

        async def run(script: Sequence[str], folder: Path, log: Path) -> int:
            child = await self._fork(script, folder, environment, log)
            children.add(child)
            try:
                return await child.wait()
            finally:
                children.discard(child)

        return run

    async def _fork(self, script: Sequence[str], folder: Path, environment: Mapping[str, str], log: Path) -> Running:
        """Start a script in the Python of the emulator: forked where that can be, else by an interpreter of its own."""
        if forked := await self._forks.start(script, folder=folder, environment=environment, log=log):
            return forked
        command = [sys.executable, str(DRIVER), *script]
        return await Child.start(command, folder=folder, environment=environment, log=log)


def _put_first(environment: dict[str, str], variable: str, folder: Path) -> None:
    rest = environment.get(variable)
    environment[variable] = os.pathsep.join([str(folder), *([rest] if rest else [])])


def executor_of(request: Request) -> Executor:
    executor: Executor = request.app.state.executor
    return executor


async def _end_of(child: Running, max_seconds: float | None) -> Ended:
    try:
        return Ended(await asyncio.wait_for(child.wait(), max_seconds))
    except asyncio.TimeoutError:
        await child.stop()
        return Ended(await child.wait(), timed_out=True)
