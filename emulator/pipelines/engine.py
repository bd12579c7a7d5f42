"""Execution of pipeline runs: every node when the nodes before it are done."""

import asyncio
from collections.abc import Iterable

from starlette.requests import Request

from emulator.history.runs import create_run
from emulator.pipelines.process import collect_files, let_streams_finish, log_file, start_step
from emulator.pipelines.step import Output, Step, plan_step
from emulator.processes import Child
from emulator.wire import Document, new_id, now
from emulator.workspace import LocalWorkspace

_PARALLEL_STEPS = 4
_LOG_TAIL = 4000
_HISTORY_STATUS = {"Finished": "Completed"}


class Engine:
    def __init__(self, workspace: LocalWorkspace) -> None:
        self._workspace = workspace
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._children: dict[str, set[Child]] = {}
        self._canceled: set[str] = set()
        self._slots = asyncio.Semaphore(_PARALLEL_STEPS)

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
        create_run(
            store,
            run["RunHistoryExperimentName"],
            run_id,
            runType="azureml.PipelineRun",
            parentRunId=run.get("_parent"),
            status="Preparing",
            description=run["Description"],
            displayName=run["Description"],
            tags=run["tags"],
            properties=properties | run["Properties"],
        )
        store.put("pipeline run", run_id, run | {"IsSubmitted": True})
        self._tasks[run_id] = asyncio.create_task(self._execute(run_id))
        self._tasks[run_id].add_done_callback(lambda _: self._tasks.pop(run_id, None))

    async def cancel(self, run_id: str) -> None:
        """Stop a run's steps; the run ends as Canceled. Nothing happens to one that has ended."""
        if run_id in self._tasks:
            self._canceled.add(run_id)
            await asyncio.gather(*(child.stop() for child in self._children.get(run_id, ())))

    async def close(self) -> None:
        await asyncio.gather(*(self.cancel(run_id) for run_id in list(self._tasks)))
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def fail_interrupted(self) -> None:
        """Called at start: a run that was going in an earlier life of the emulator has failed, and says so."""
        store = self._workspace.store
        for run in store.all("pipeline run"):
            if run["IsSubmitted"] and run["Status"]["StatusCode"] in ("NotStarted", "Running"):
                for node in run["_nodes"].values():
                    if node["StatusCode"] in ("Queued", "Running"):
                        node |= {"StatusCode": "Failed", "EndTime": now()}
                store.put("pipeline run", run["Id"], run)
                self._finish_run(run["Id"], "Failed", "the local workspace was stopped while this run was going")
        for run in store.all("run"):
            if run["runType"] == "azureml.StepRun" and run["endTimeUtc"] is None:
                error = _error("the local workspace was stopped while this step was going")
                store.put("run", run["runId"], run | {"status": "Failed", "endTimeUtc": now(), "error": error})

    async def _execute(self, run_id: str) -> None:
        try:
            succeeded = await _GraphRun(self, self._workspace, run_id).execute()
        except Exception as error:
            await asyncio.gather(*(child.stop() for child in self._children.get(run_id, ())))
            self._finish_run(run_id, "Failed", f"the local workspace could not execute the run: {error!r}")
            raise
        if run_id in self._canceled:
            self._finish_run(run_id, "Canceled", None)
        elif succeeded:
            self._finish_run(run_id, "Finished", None)
        else:
            self._finish_run(run_id, "Failed", "a step failed: its run has the reason and the log")

    def _finish_run(self, run_id: str, status: str, message: str | None) -> None:
        store, moment = self._workspace.store, now()
        run = store.get("pipeline run", run_id)
        run["Status"] |= {"StatusCode": status, "EndTime": moment}
        store.put("pipeline run", run_id, run | {"HasErrors": status == "Failed"})
        history = store.get("run", run_id)
        history |= {"status": _HISTORY_STATUS.get(status, status), "endTimeUtc": moment}
        store.put("run", run_id, history | {"error": _error(message) if message else None})

    async def run_process(self, pipeline_run_id: str, step: Step, experiment: str) -> int:
        """The exit code of a step's process; waits for a free slot first."""
        async with self._slots:
            if pipeline_run_id in self._canceled:
                return 1
            _set_status(self._workspace, pipeline_run_id, step.run_id, "Running")
            child = await start_step(self._workspace, step, experiment)
            children = self._children.setdefault(pipeline_run_id, set())
            children.add(child)
            try:
                if pipeline_run_id in self._canceled:  # it was while the snapshot was restored
                    await child.stop()
                return await child.wait()
            finally:
                children.discard(child)
                await collect_files(self._workspace, step.run_id)

    def is_canceled(self, run_id: str) -> bool:
        return run_id in self._canceled


class _GraphRun:
    """One run's walk over its graph."""

    def __init__(self, engine: Engine, workspace: LocalWorkspace, run_id: str) -> None:
        self._engine = engine
        self._workspace = workspace
        self._run = workspace.store.get("pipeline run", run_id)
        self._graph: Document = workspace.store.get("graph", self._run["GraphId"])["graph"]
        self._outputs: dict[str, dict[str, Output]] = {}

    async def execute(self) -> bool:
        """True when every node succeeded."""
        self._start()
        waiting = {node["Id"]: node for node in self._graph["ModuleNodes"]}
        predecessors = _predecessors(self._graph, waiting)
        running: dict[asyncio.Task[bool], str] = {}
        done: set[str] = set()
        failed: set[str] = set()
        while True:
            stopped = self._engine.is_canceled(self._run["Id"]) or (failed and not self._run["_continue_on_failure"])
            for node_id in [] if stopped else _ready(waiting, predecessors, done):
                running[asyncio.create_task(self._execute_node(waiting.pop(node_id)))] = node_id
            if not running:
                return not failed and not waiting
            finished, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in finished:
                (done if task.result() else failed).add(running.pop(task))

    def _start(self) -> None:
        store, run_id = self._workspace.store, self._run["Id"]
        self._run["Status"] |= {"StatusCode": "Running"}
        store.put("pipeline run", run_id, self._run)
        store.put("run", run_id, store.get("run", run_id) | {"status": "Running", "startTimeUtc": now()})

    async def _execute_node(self, node: Document) -> bool:
        run_id, experiment = new_id(), self._run["RunHistoryExperimentName"]
        step = plan_step(self._workspace, run_id, self._graph, node, self._run["ParameterAssignments"], self._outputs)
        self._outputs[node["Id"]] = step.outputs
        self._create_step_run(step, node["Id"], experiment)
        try:
            code = await self._engine.run_process(self._run["Id"], step, experiment)
        except Exception as error:  # noqa: BLE001 - whatever it was, the step must end with its reason
            message = f"the local workspace could not start the step: {type(error).__name__}: {error}"
            _set_status(self._workspace, self._run["Id"], run_id, "Failed", message)
            return False
        await let_streams_finish(self._workspace, run_id)
        self._finish_step(step, code)
        return code == 0

    def _create_step_run(self, step: Step, node_id: str, experiment: str) -> None:
        pipeline_run = self._run["Id"]
        create_run(
            self._workspace.store,
            experiment,
            step.run_id,
            # The SDK recognises step runs by these two tags.
            tags={"azureml.nodeid": node_id, "azureml.pipeline": pipeline_run},
            properties=step.properties
            | {
                "azureml.runsource": "azureml.StepRun",
                "azureml.nodeid": node_id,
                "azureml.moduleid": step.module_id,
                "azureml.moduleName": step.name,
                "azureml.pipelinerunid": pipeline_run,
                "ContentSnapshotId": step.snapshot_id,
                "StepType": "PythonScriptStep",
            },
            runType="azureml.StepRun",
            parentRunId=pipeline_run,
            name=step.name,
            displayName=step.name,
            status="Queued",
            target=step.target,
            runDefinition={"script": step.script, "arguments": step.arguments, "target": step.target},
        )
        run = self._workspace.store.get("pipeline run", pipeline_run)
        run["_nodes"][node_id] |= {"StatusCode": "Queued", "RunId": step.run_id, "ScheduleTime": now()}
        run["_nodes"][node_id]["_outputs"] = {name: output.wire() for name, output in step.outputs.items()}
        self._workspace.store.put("pipeline run", pipeline_run, run)

    def _finish_step(self, step: Step, code: int) -> None:
        if self._engine.is_canceled(self._run["Id"]):
            _set_status(self._workspace, self._run["Id"], step.run_id, "Canceled")
        elif code == 0:
            _set_status(self._workspace, self._run["Id"], step.run_id, "Finished")
        else:
            tail = log_file(self._workspace, step.run_id).read_bytes()[-_LOG_TAIL:].decode(errors="replace")
            message = f"User program failed with exit code {code}\n{tail}"
            _set_status(self._workspace, self._run["Id"], step.run_id, "Failed", message)


def engine_of(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


def _set_status(
    workspace: LocalWorkspace, pipeline_run_id: str, step_run_id: str, status: str, message: str | None = None
) -> None:
    """Write a step's status to both places where the SDK looks: its node and its run."""
    store, moment = workspace.store, now()
    started = status == "Running"
    run = store.get("pipeline run", pipeline_run_id)
    node = next(node for node in run["_nodes"].values() if node["RunId"] == step_run_id)
    node |= {"StatusCode": status, "StartTime" if started else "EndTime": moment}
    store.put("pipeline run", pipeline_run_id, run)
    history = store.get("run", step_run_id)
    history |= {"status": _HISTORY_STATUS.get(status, status), "startTimeUtc" if started else "endTimeUtc": moment}
    store.put("run", step_run_id, history | {"error": _error(message) if message else None})


def _predecessors(graph: Document, nodes: Iterable[str]) -> dict[str, set[str]]:
    before: dict[str, set[str]] = {node: set() for node in nodes}
    for edge in graph["Edges"]:
        source, destination = edge["SourceOutputPort"].get("NodeId"), edge["DestinationInputPort"].get("NodeId")
        if source in before and destination in before:
            before[destination].add(source)
    return before


def _ready(waiting: Iterable[str], predecessors: dict[str, set[str]], done: set[str]) -> list[str]:
    return [node for node in waiting if predecessors[node] <= done]


def _error(message: str) -> Document:
    detail = {"code": "UserError", "message": message, "details": [], "messageFormat": "", "messageParameters": {}}
    return {"error": detail}
