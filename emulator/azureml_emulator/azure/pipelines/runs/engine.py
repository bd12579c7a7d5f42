"""The pipeline runs that are going: started, canceled, brought to an end."""

import asyncio
import traceback

from starlette.requests import Request

from azureml_emulator.azure.pipelines.runs import states
from azureml_emulator.azure.pipelines.runs.graphrun import GraphRun
from azureml_emulator.azure.pipelines.runs.interruption import note_cancellation
from azureml_emulator.azure.runs.history.runs import create_run
from azureml_emulator.errors import ApiError
from azureml_emulator.execution.executor import Executor
from azureml_emulator.state.disk.room import reason_of, when_there_is_room
from azureml_emulator.state.workspace import LocalWorkspace

_SETTLE_SECONDS = 4.0
_QUICK_SECONDS = 1.0


class Engine:
    def __init__(self, workspace: LocalWorkspace, executor: Executor) -> None:
        self._workspace = workspace
        self.executor = executor
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._submitted: dict[str, float] = {}
        self._moved: dict[str, float] = {}
        """When a step of the run ended last."""

    def submit(self, run_id: str) -> None:
        """Start a pipeline run that was created."""
        store = self._workspace.store
        run = store.get("pipeline run", run_id)
        properties = {
            "azureml.runsource": "azureml.PipelineRun",
            "runSource": run["RunSource"] or "SDK",
            "runType": run["RunType"] or "SDK",
            **({"azureml.pipelineid": run["PipelineId"]} if run["PipelineId"] else {}),
        }
        with store.transaction():
            create_run(
                store,
                run["RunHistoryExperimentName"],
                run_id,
                runType="azureml.PipelineRun",
                parentRunId=run.get("_parent"),
                status="Preparing",
                description=run["Description"],
                displayName=run.get("_display_name") or run["Description"],
                tags=run["tags"],
                properties=properties | run["Properties"],
            )
            store.put("pipeline run", run_id, run | {"IsSubmitted": True})
        self._tasks[run_id] = asyncio.create_task(self._execute(run_id))
        self._tasks[run_id].add_done_callback(lambda _: self._forget(run_id))
        self._submitted[run_id] = asyncio.get_running_loop().time()

    def is_going(self, run_id: str) -> bool:
        return run_id in self._tasks

    async def settle(self, run_id: str) -> None:
        """Return when a young run has ended, or has a step that is not quick.

        A client that waits for a run asks once and then only after a second: by then trivial steps have long ended.
        """
        while self.is_going(run_id):
            submitted = self._submitted[run_id]
            until = min(submitted + _SETTLE_SECONDS, self._moved.get(run_id, submitted) + _QUICK_SECONDS)
            left = until - asyncio.get_running_loop().time()
            if left <= 0:
                return
            await asyncio.wait([self._tasks[run_id]], timeout=left)

    async def ended(self, run_id: str) -> None:
        """Return when a run has ended."""
        if task := self._tasks.get(run_id):
            await asyncio.wait([task])

    async def cancel(self, run_id: str) -> None:
        """Stop a run's steps; the run ends as Canceled. Nothing happens to one that has ended."""
        if self.is_going(run_id):
            note_cancellation(self._workspace.store, run_id)
            await self.executor.cancel(run_id)

    async def close(self) -> None:
        await asyncio.gather(*(self.cancel(run_id) for run_id in list(self._tasks)), return_exceptions=True)
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def fail_interrupted(self) -> None:
        """Called at start: a run that was going in an earlier life of the emulator has failed, and says so."""
        states.fail_interrupted(self._workspace.store)

    async def _execute(self, run_id: str) -> None:
        try:
            outcome = await self._outcome(run_id)
            await when_there_is_room(lambda: states.finish_run(self._workspace.store, run_id, *outcome))
        finally:
            self.executor.forget(run_id)

    async def _outcome(self, run_id: str) -> tuple[str, str | None]:
        """The status that the run ends with, and why it failed."""
        try:
            succeeded = await GraphRun(self.executor, self._workspace, run_id).execute(lambda: self._note_move(run_id))
        except Exception as error:  # noqa: BLE001 - whatever it was, the run must end with its reason
            if not isinstance(error, ApiError | OSError):
                traceback.print_exception(error)
            why = str(error) if isinstance(error, ApiError) else reason_of(error)
            return "Failed", f"the local workspace could not execute the run: {why}"
        if self.executor.is_canceled(run_id):
            return "Canceled", None
        return ("Finished", None) if succeeded else ("Failed", states.failed_steps(self._workspace.store, run_id))

    def _forget(self, run_id: str) -> None:
        """All at once: who finds a task finds when it was submitted."""
        for known in (self._tasks, self._submitted, self._moved):
            known.pop(run_id, None)

    def _note_move(self, run_id: str) -> None:
        self._moved[run_id] = asyncio.get_running_loop().time()


def engine_of(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine
