"""The script runs that are going: started, canceled, brought to an end."""

import asyncio

from azureml_emulator.azure.assets.environments.routes import save_for_run
from azureml_emulator.azure.computes.nodes import node_count
from azureml_emulator.azure.pipelines.runs.interruption import note_cancellation
from azureml_emulator.azure.pipelines.runs.reuse import note_writer
from azureml_emulator.azure.runs.data.delivery import RunData
from azureml_emulator.azure.runs.data.inputs import Input, lineage
from azureml_emulator.azure.runs.data.outputs import Output, addresses
from azureml_emulator.azure.runs.data.paths import DataError
from azureml_emulator.azure.runs.data.values import data_variables, expand, expand_command, values_of
from azureml_emulator.azure.runs.history.runs import create_run, error_of, note_status
from azureml_emulator.azure.runs.scriptruns.data import plan_inputs, plan_outputs
from azureml_emulator.azure.runs.scriptruns.local import at_the_client
from azureml_emulator.errors import BadRequest, Conflict, NotSupported
from azureml_emulator.execution.configuration import command_line, max_seconds, refuse_distributed, variables, watched
from azureml_emulator.execution.executor import Executor
from azureml_emulator.execution.files import failure_message, timeout_message
from azureml_emulator.execution.interpreters.curated import environment_properties
from azureml_emulator.execution.job import LOCAL, Ended, Job
from azureml_emulator.state.disk.room import reason_of, when_there_is_room
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document, now

RUN_TYPE = "azureml.scriptrun"
LOG = "user_logs/std_log.txt"
"""Both SDKs stream this one."""


class ScriptRuns:
    def __init__(self, workspace: LocalWorkspace, executor: Executor) -> None:
        self._workspace = workspace
        self._executor = executor
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def submit(self, experiment: str, run_id: str, submission: Document) -> None:
        """Start a run. Raises an ApiError that names what the local workspace cannot do, or lacks."""
        store, run_config = self._workspace.store, submission["Configuration"]
        if store.find("run", run_id):
            raise Conflict(f"run '{run_id}' exists")
        inputs = plan_inputs(self._workspace, run_id, run_config)
        outputs = plan_outputs(self._workspace, run_id, run_config)
        job = _job(self._workspace, experiment, run_id, submission, inputs, outputs)
        self.start(
            job,
            outputs,
            parentRunId=submission.get("ParentRunId"),
            tags=submission.get("Tags"),
            properties=_properties(job),
            runDefinition=run_config | {"environment": save_for_run(store, job.environment)},
            inputDatasets=lineage(inputs),
        )

    def start(self, job: Job, outputs: dict[str, Output], **fields: object) -> None:
        """Start a run that is worked out. `fields` are more of its document in run history."""
        store, run_id = self._workspace.store, job.run_id
        cancel = f"/execution/v1.0{self._workspace.scope}/experiments/{job.experiment}/runid/{run_id}/cancel"
        create_run(
            store,
            job.experiment,
            run_id,
            runType=RUN_TYPE,
            status="Starting",
            scriptName=job.script or None,
            target=job.target,
            cancelUri=self._workspace.address.http + cancel,
            _outputs=addresses(outputs),
            **fields,
        )
        note_writer(store, run_id, outputs)
        self._tasks[run_id] = asyncio.create_task(self._execute(job))
        self._tasks[run_id].add_done_callback(lambda _: self._tasks.pop(run_id, None))

    async def cancel(self, run_id: str) -> None:
        """The run ends as Canceled. Nothing happens to one that has ended."""
        self._workspace.store.get("run", run_id)
        if run_id in self._tasks:
            note_cancellation(self._workspace.store, run_id)
            await self._executor.cancel(run_id)
        if run_id in self._tasks:
            await asyncio.wait([self._tasks[run_id]])

    async def close(self) -> None:
        await asyncio.gather(*(self.cancel(run_id) for run_id in list(self._tasks)), return_exceptions=True)

    def fail_interrupted(self) -> None:
        """Called at start: a run that was going in an earlier life of the emulator has failed, and says so."""
        for run in self._workspace.store.all("run"):
            if run["runType"] == RUN_TYPE and run["endTimeUtc"] is None:
                self._finish(run["runId"], "Failed", "the local workspace was stopped while this run was going")

    async def _execute(self, job: Job) -> None:
        try:
            if job.target == LOCAL:
                job = await at_the_client(self._workspace, job, lambda: self._executor.is_canceled(job.run_id))
            ended = await self._executor.run(job, lambda status: self._note(job.run_id, status))
        except Exception as error:  # noqa: BLE001 - whatever it was, the run must end with its reason
            outcome = self._failure(job.run_id, error)
        else:
            outcome = self._outcome(job, ended)
        try:
            await when_there_is_room(lambda: self._finish(job.run_id, *outcome))
        finally:
            self._executor.forget(job.run_id)

    def _failure(self, run_id: str, error: Exception) -> tuple[str, str | None]:
        """Canceled where that was asked for: it ends what moves the data, too."""
        if self._executor.is_canceled(run_id):
            return "Canceled", None
        why = f"the local workspace could not execute the run: {reason_of(error)}"
        return "Failed", str(error) if isinstance(error, DataError) else why

    def _outcome(self, job: Job, ended: Ended) -> tuple[str, str | None]:
        if self._executor.is_canceled(job.run_id):
            return "Canceled", None
        if ended.timed_out:
            return "Canceled", timeout_message(job)
        if ended.code == 0:
            return "Completed", None
        return "Failed", failure_message(self._workspace, job, ended.code)

    def _note(self, run_id: str, status: str) -> None:
        """Not that it is finalized: the SDK waits for no more than that, and its user then looks for the outputs."""
        if status != "Finalizing":
            note_status(self._workspace.store, run_id, status)

    def _finish(self, run_id: str, status: str, message: str | None) -> None:
        store = self._workspace.store
        error = error_of(message) if message else None
        store.put("run", run_id, store.get("run", run_id) | {"status": status, "endTimeUtc": now(), "error": error})


def _properties(job: Job) -> dict[str, str]:
    """A client that runs it itself tells the snapshot later."""
    if job.target == LOCAL:
        return {"_azureml.ComputeTargetType": LOCAL} | environment_properties(job.environment)
    snapshot = {"ContentSnapshotId": job.snapshot_id, "_azureml.ComputeTargetType": "amlctrain"}
    return snapshot | environment_properties(job.environment)


def _job(
    workspace: LocalWorkspace,
    experiment: str,
    run_id: str,
    submission: Document,
    inputs: dict[str, Input],
    outputs: dict[str, Output],
) -> Job:
    run_config, snapshot_id = submission["Configuration"], submission.get("SnapshotId")
    target = run_config["target"]
    if not snapshot_id and target != LOCAL:
        raise NotSupported("runs without a snapshot: leave history.snapshot_project on")
    refuse_distributed(run_config)
    if target != LOCAL:
        node_count(workspace.store, target)
    script, command = run_config.get("script") or "", run_config.get("command") or ""
    if bool(script) is bool(command):
        raise BadRequest("a run needs either a script or a command")
    values, own = values_of(inputs, outputs), data_variables(inputs, outputs)
    return Job(
        run_id=run_id,
        experiment=experiment,
        owner=run_id,
        snapshot_id=snapshot_id or "",
        script=script,
        arguments=[expand(str(argument), values, own) for argument in run_config.get("arguments") or []],
        command=expand_command(command if isinstance(command, str) else command_line(command), values),
        target=target,
        variables=own | variables(run_config),
        data=RunData(workspace, run_id, inputs, outputs),
        log=LOG,
        environment=run_config.get("environment"),
        watched=watched(run_config),
        max_seconds=max_seconds(run_config),
    )
