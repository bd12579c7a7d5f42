"""One pipeline run's walk over its graph: every node when the nodes before it are done."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace

from azureml_emulator.azure.assets.environments.routes import save_for_run
from azureml_emulator.azure.pipelines.runs.component import component_key, plan_component
from azureml_emulator.azure.pipelines.runs.progress import note_progress
from azureml_emulator.azure.pipelines.runs.reuse import (
    Earlier,
    Origins,
    copy_results,
    find_earlier,
    note_writer,
    remember,
    reuse_key,
)
from azureml_emulator.azure.pipelines.runs.states import queue_step, set_step_status, start_run
from azureml_emulator.azure.pipelines.runs.step import Step, plan_step
from azureml_emulator.azure.runs.data.delivery import RunData
from azureml_emulator.azure.runs.data.inputs import lineage
from azureml_emulator.azure.runs.data.outputs import Output, addresses
from azureml_emulator.azure.runs.data.paths import DataError
from azureml_emulator.azure.runs.history.runs import create_run, note_status
from azureml_emulator.execution.configuration import refuse_distributed, watched
from azureml_emulator.execution.executor import Executor
from azureml_emulator.execution.files import failure_message, let_streams_finish, timeout_message
from azureml_emulator.execution.interpreters.curated import environment_properties
from azureml_emulator.execution.job import Ended, Job
from azureml_emulator.state.disk.room import reason_of, when_there_is_room
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document, new_id


class GraphRun:
    def __init__(self, executor: Executor, workspace: LocalWorkspace, run_id: str) -> None:
        self._executor = executor
        self._workspace = workspace
        self._run = workspace.store.get("pipeline run", run_id)
        self._graph: Document = workspace.store.get("graph", self._run["GraphId"])["graph"]
        self._outputs: dict[str, dict[str, Output]] = {}
        self._origins: Origins = {}

    async def execute(self, moved: Callable[[], None]) -> bool:
        """True when every node succeeded. `moved` is called when steps have ended."""
        start_run(self._workspace.store, self._run["Id"])
        note_progress(self._workspace, self._run["Id"], f"{len(self._graph['ModuleNodes'])} steps")
        running: dict[asyncio.Task[bool], str] = {}
        try:
            return await self._walk(running, moved)
        except Exception:
            await self._executor.cancel(self._run["Id"])
            await asyncio.gather(*running, return_exceptions=True)  # none goes on when the run has ended
            raise

    async def _walk(self, running: dict[asyncio.Task[bool], str], moved: Callable[[], None]) -> bool:
        waiting = {node["Id"]: node for node in self._graph["ModuleNodes"]}
        predecessors = _predecessors(self._graph, waiting)
        done: set[str] = set()
        failed: set[str] = set()
        while True:
            canceled = self._executor.is_canceled(self._run["Id"])
            stopped = canceled or (failed and not self._run["_continue_on_failure"])
            for node_id in [] if stopped else _ready(waiting, predecessors, done):
                running[asyncio.create_task(self._execute_node(waiting.pop(node_id)))] = node_id
            if not running:
                return not failed and not waiting
            finished, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            moved()
            for task in finished:
                (done if task.result() else failed).add(running.pop(task))

    async def _execute_node(self, node: Document) -> bool:
        store, run_id = self._workspace.store, new_id()
        if definition := node.get("_definition"):
            step = plan_component(self._workspace, run_id, definition, self._outputs)
            key = component_key(definition, self._origins)
        else:
            step = plan_step(self._workspace, run_id, self._graph, node, self._run, self._outputs)
            key = reuse_key(store, self._run, self._graph, node, self._origins)
        if earlier := find_earlier(store, key) if key else None:
            await self._reuse(step, node["Id"], earlier)
            return True
        self._outputs[node["Id"]] = step.outputs
        self._create_step_run(step, node["Id"])
        note_writer(store, run_id, step.outputs)
        succeeded = await self._execute_step(step)
        if succeeded:
            self._origins[node["Id"]] = run_id
        if succeeded and key:
            remember(store, key, step, self._run["Id"], node["Id"])
        return succeeded

    async def _reuse(self, step: Step, node_id: str, earlier: Earlier) -> None:
        reused = replace(step, outputs=earlier.outputs, properties=step.properties | earlier.properties())
        self._outputs[node_id], self._origins[node_id] = reused.outputs, earlier.run_id
        self._create_step_run(reused, node_id)
        self._set_status(step.run_id, "Running")
        await copy_results(self._workspace, earlier.run_id, step.run_id)
        info = {"ExperimentId": earlier.pipeline_run, "NodeId": earlier.node_id, "RunId": earlier.run_id}
        self._set_status(step.run_id, "Finished", ReuseInfo=info)

    async def _execute_step(self, step: Step) -> bool:
        run_id = step.run_id
        try:
            job = self._job(step)
            ended = await self._executor.run(job, lambda status: self._note(run_id, status))
        except Exception as error:  # noqa: BLE001 - whatever it was, the step must end with its reason
            outcome = self._failure(error)
            await when_there_is_room(lambda: self._set_status(run_id, *outcome))
            return False
        await let_streams_finish(self._workspace, job)
        await when_there_is_room(lambda: self._finish_step(job, ended))
        return ended == Ended(0)

    def _failure(self, error: Exception) -> tuple[str, str | None]:
        """The status that a step ends with which couldn't be executed, and why."""
        if self._executor.is_canceled(self._run["Id"]):
            return "Canceled", None
        why = f"the local workspace could not execute the step: {reason_of(error)}"
        return "Failed", str(error) if isinstance(error, DataError) else why

    def _job(self, step: Step) -> Job:
        refuse_distributed(step.run_config)
        return Job(
            run_id=step.run_id,
            experiment=self._run["RunHistoryExperimentName"],
            owner=self._run["Id"],
            snapshot_id=step.snapshot_id,
            script=step.driver or step.script,
            arguments=step.arguments,
            command=step.command,
            target=step.target or "",
            variables=step.variables,
            log=step.log,
            environment=step.run_config.get("environment"),
            data=RunData(self._workspace, step.run_id, step.inputs, step.outputs),
            watched=watched(step.run_config),
            max_seconds=step.max_seconds,
            source=step.source,
        )

    def _create_step_run(self, step: Step, node_id: str) -> None:
        pipeline_run, store, environment = self._run["Id"], self._workspace.store, step.run_config.get("environment")
        create_run(
            store,
            self._run["RunHistoryExperimentName"],
            step.run_id,
            # The SDK recognises step runs by these two tags.
            tags={"azureml.nodeid": node_id, "azureml.pipeline": pipeline_run},
            properties={"azureml.moduleName": step.name}
            | step.properties
            | {
                "azureml.runsource": "azureml.StepRun",
                "azureml.nodeid": node_id,
                "azureml.moduleid": step.module_id,
                "azureml.pipelinerunid": pipeline_run,
                "StepType": step.kind,
            }
            | ({"ContentSnapshotId": step.snapshot_id} if step.snapshot_id else {})
            | environment_properties(environment),
            runType="azureml.StepRun",
            parentRunId=pipeline_run,
            name=step.name,
            displayName=step.name,
            status="Starting",
            target=step.target,
            inputDatasets=lineage(step.inputs),
            _outputs=addresses(step.outputs),
            runDefinition={
                "script": step.script,
                "arguments": step.arguments,
                **({"command": step.command} if step.command else {}),
                "target": step.target,
                "environment": save_for_run(store, environment),
            },
        )
        outputs = {name: output.wire() for name, output in step.outputs.items()}
        queue_step(store, pipeline_run, node_id, step.run_id, outputs)

    def _finish_step(self, job: Job, ended: Ended) -> None:
        if self._executor.is_canceled(job.owner):
            self._set_status(job.run_id, "Canceled")
        elif ended.timed_out:
            self._set_status(job.run_id, "Canceled", timeout_message(job))
        elif ended.code == 0:
            self._set_status(job.run_id, "Finished")
        else:
            self._set_status(job.run_id, "Failed", failure_message(self._workspace, job, ended.code))

    def _note(self, step_run: str, status: str) -> None:
        """The graph knows whether a step runs, run history more of what it does."""
        if status == "Running":
            self._set_status(step_run, status)
        else:
            note_status(self._workspace.store, step_run, status)

    def _set_status(self, step_run: str, status: str, message: str | None = None, **details: object) -> None:
        set_step_status(self._workspace.store, self._run["Id"], step_run, status, message, **details)
        name = self._workspace.store.get("run", step_run)["name"]
        note_progress(self._workspace, self._run["Id"], f"step '{name}' (run {step_run}): {status}")


def _predecessors(graph: Document, nodes: Iterable[str]) -> dict[str, set[str]]:
    before: dict[str, set[str]] = {node: set() for node in nodes}
    for edge in graph["Edges"]:
        source, destination = edge["SourceOutputPort"].get("NodeId"), edge["DestinationInputPort"].get("NodeId")
        if source in before and destination in before:
            before[destination].add(source)
    return before


def _ready(waiting: Iterable[str], predecessors: dict[str, set[str]], done: set[str]) -> list[str]:
    return [node for node in waiting if predecessors[node] <= done]
