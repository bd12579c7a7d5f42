"""What becomes of runs whose workspace was killed, without killing one."""

import asyncio
from collections.abc import Callable

import pytest

from azureml_emulator.azure.pipelines.graphs.documents import create_pipeline_run, save_graph
from azureml_emulator.azure.pipelines.runs import states
from azureml_emulator.azure.pipelines.runs.interruption import end_child_runs, finish_cancellations, note_cancellation
from azureml_emulator.azure.runs.history.runs import create_run
from azureml_emulator.azure.runs.scriptruns.runs import ScriptRuns
from azureml_emulator.execution.executor import Executor
from azureml_emulator.execution.job import Ended, Job
from azureml_emulator.state.store import Store
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

GRAPH: Document = {"ModuleNodes": [{"Id": "one", "ModuleId": "m"}, {"Id": "two", "ModuleId": "m"}], "Edges": []}


def going(workspace: LocalWorkspace) -> str:
    """A pipeline run with one step that is running and another that waits for it; returns its id."""
    store = workspace.store
    store.put("module", "m", {"Id": "m", "Name": "m", "StepType": "PythonScriptStep", "StructuredInterface": {}})
    graph = save_graph(store, GRAPH, None)
    run = create_pipeline_run(workspace, experiment="e", graph_id=graph, submission={})
    run |= {"IsSubmitted": True, "Status": run["Status"] | {"StatusCode": "Running"}}
    run["_nodes"]["one"] |= {"StatusCode": "Running", "RunId": f"step of {run['Id']}"}
    store.put("pipeline run", run["Id"], run)
    create_run(store, "e", run["Id"], status="Running", runType="azureml.PipelineRun")
    create_run(store, "e", f"step of {run['Id']}", parentRunId=run["Id"], status="Running", runType="azureml.StepRun")
    return str(run["Id"])


def recover(workspace: LocalWorkspace) -> None:
    finish_cancellations(workspace.store)
    states.fail_interrupted(workspace.store)
    ScriptRuns(workspace, Executor(workspace)).fail_interrupted()
    end_child_runs(workspace.store)


def status(store: Store, run_id: str) -> tuple[str, bool]:
    run = store.get("run", run_id)
    return run["status"], run["endTimeUtc"] is not None


def test_a_run_that_was_being_canceled(workspace: LocalWorkspace) -> None:
    store = workspace.store
    canceled, other = going(workspace), going(workspace)
    note_cancellation(store, canceled)
    recover(workspace)
    for run, ends_as in ((canceled, "Canceled"), (other, "Failed")):
        stored = store.get("pipeline run", run)
        assert stored["Status"]["StatusCode"] == ends_as
        assert [node["StatusCode"] for node in stored["_nodes"].values()] == [ends_as, "NotStarted"]
        assert status(store, run) == (ends_as, True)
        assert status(store, f"step of {run}") == (ends_as, True)


class Killed(Executor):
    """Its processes never end, and the workspace is gone before they could be stopped."""

    async def run(self, job: Job, note: Callable[[str], None]) -> Ended:
        note("Running")
        await asyncio.Event().wait()
        return Ended(0)

    async def cancel(self, owner: str) -> None:
        raise KeyboardInterrupt(owner)


def test_a_script_run_that_was_being_canceled(workspace: LocalWorkspace) -> None:
    configuration = {"script": "train.py", "target": "steps"}
    compute = {"properties": {"computeType": "AmlCompute", "properties": {"scaleSettings": {"maxNodeCount": 2}}}}
    workspace.store.put("compute", "steps", compute)

    async def live() -> None:
        runs = ScriptRuns(workspace, Killed(workspace))
        for run_id in ("canceled", "other"):
            runs.submit("e", run_id, {"Configuration": configuration, "SnapshotId": "s"})
        await asyncio.sleep(0)
        await runs.cancel("canceled")

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(live())
    assert status(workspace.store, "canceled") == ("Running", False)
    recover(workspace)
    assert status(workspace.store, "canceled") == ("Canceled", True)
    assert status(workspace.store, "other") == ("Failed", True)


def test_a_cancellation_of_a_run_that_ended_all_the_same(workspace: LocalWorkspace) -> None:
    store = workspace.store
    run_id = going(workspace)
    note_cancellation(store, run_id)
    ended = store.get("pipeline run", run_id)
    ended["Status"] |= {"StatusCode": "Finished"}
    store.put("pipeline run", run_id, ended)
    finish_cancellations(store)
    assert store.get("pipeline run", run_id)["Status"]["StatusCode"] == "Finished"


def test_child_runs_of_a_step_end_with_it(workspace: LocalWorkspace) -> None:
    store = workspace.store
    step = f"step of {going(workspace)}"
    create_run(store, "e", "child", parentRunId=step, status="Running")
    create_run(store, "e", "grandchild", parentRunId="child", status="Running")
    create_run(store, "e", "ended before", parentRunId=step, status="Completed", endTimeUtc="before")
    create_run(store, "e", "interactive", status="Running")
    recover(workspace)
    for run_id in ("child", "grandchild"):
        assert status(store, run_id) == ("Failed", True)
        assert "was stopped" in store.get("run", run_id)["error"]["error"]["message"]
    assert store.get("run", "ended before")["endTimeUtc"] == "before"
    assert status(store, "interactive") == ("Running", False), "its program may still be there"


def test_runs_that_are_below_themselves(workspace: LocalWorkspace) -> None:
    """As an earlier version let clients write: the workspace still starts."""
    store = workspace.store
    for run_id, parent in (("one", "two"), ("two", "one"), ("self", "self")):
        create_run(store, "e", run_id, runType="azureml.scriptrun", status="Failed")
        store.put("run", run_id, store.get("run", run_id) | {"parentRunId": parent})
    recover(workspace)
    assert [status(store, run_id) for run_id in ("one", "two", "self")] == [("Failed", True)] * 3
