"""What a stop of the local workspace leaves beside runs and their steps: cancellations and child runs."""

from collections import defaultdict

from azureml_emulator.azure.runs.history.runs import error_of
from azureml_emulator.state.store import Store
from azureml_emulator.wire import Document, now

_EXECUTED = ("azureml.StepRun", "azureml.scriptrun")
_CANCELLATION = "cancellation"
_MESSAGE = "the local workspace was stopped before this run had ended"


def note_cancellation(store: Store, run_id: str) -> None:
    """Called before a run's processes are stopped: canceling it may take longer than the workspace lives."""
    store.put(_CANCELLATION, run_id, {"id": run_id})


def finish_cancellations(store: Store) -> None:
    """Called at start, before the other interrupted runs are failed: one that was being canceled is Canceled."""
    with store.transaction():
        for cancellation in store.all(_CANCELLATION):
            store.delete(_CANCELLATION, cancellation["id"])
            run = store.find("pipeline run", cancellation["id"])
            if run is None:  # of a script
                if store.get("run", cancellation["id"])["endTimeUtc"] is None:
                    _end_canceled(store, cancellation["id"], now())
            elif run["Status"]["StatusCode"] in ("NotStarted", "Running"):
                _cancel(store, run)


def _cancel(store: Store, run: Document) -> None:
    moment = now()
    run["Status"] |= {"StatusCode": "Canceled", "EndTime": moment}
    going = [node for node in run["_nodes"].values() if node["StatusCode"] in ("Queued", "Running")]
    for node in going:
        node |= {"StatusCode": "Canceled", "EndTime": moment}
    store.put("pipeline run", run["Id"], run)
    for run_id in (run["Id"], *(node["RunId"] for node in going)):
        _end_canceled(store, run_id, moment)


def _end_canceled(store: Store, run_id: str, moment: str) -> None:
    store.put("run", run_id, store.get("run", run_id) | {"status": "Canceled", "endTimeUtc": moment})


def end_child_runs(store: Store) -> None:
    """Called at start: child runs that a step or script made for itself end as it did, if it failed or was canceled."""
    runs = store.all("run")
    children: defaultdict[str, list[Document]] = defaultdict(list)
    for run in runs:
        children[str(run["parentRunId"])].append(run)
    steps = [run for run in runs if run["runType"] in _EXECUTED and run["status"] in ("Failed", "Canceled")]
    with store.transaction():
        for step in steps:
            _end_below(store, children, step)


def _end_below(store: Store, children: dict[str, list[Document]], parent: Document) -> None:
    for child in children.pop(parent["runId"], []):  # once: runs may be below themselves in an older state
        if child["endTimeUtc"] is None:
            error = None if parent["status"] == "Canceled" else error_of(_MESSAGE)
            store.put("run", child["runId"], child | {"status": parent["status"], "endTimeUtc": now(), "error": error})
        _end_below(store, children, child | {"status": parent["status"]})
