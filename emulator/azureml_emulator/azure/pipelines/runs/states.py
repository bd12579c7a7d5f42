"""The states of pipeline runs and of their steps, where the SDK looks: there and in run history."""

from azureml_emulator.azure.runs.history.runs import error_of
from azureml_emulator.state.store import Store
from azureml_emulator.wire import Document, now

HISTORY_STATUS = {"Finished": "Completed"}
_REASONS = 5
INTERRUPTED = "the local workspace was stopped while this {} was going"


def start_run(store: Store, run_id: str) -> None:
    moment = now()
    with store.transaction():
        run = store.get("pipeline run", run_id)
        run["Status"] |= {"StatusCode": "Running"}
        store.put("pipeline run", run_id, run)
        store.put("run", run_id, store.get("run", run_id) | {"status": "Running", "startTimeUtc": moment})


def finish_run(store: Store, run_id: str, status: str, message: str | None = None) -> None:
    moment = now()
    with store.transaction():
        run = store.get("pipeline run", run_id)
        run["Status"] |= {"StatusCode": status, "EndTime": moment}
        store.put("pipeline run", run_id, run | {"HasErrors": status == "Failed"})
        history = store.get("run", run_id)
        history |= {"status": HISTORY_STATUS.get(status, status), "endTimeUtc": moment}
        store.put("run", run_id, history | {"error": error_of(message) if message else None})


def failed_steps(store: Store, run_id: str) -> str:
    """Why a pipeline run failed, for its error: what its steps said. Their runs have the whole."""
    nodes = store.get("pipeline run", run_id)["_nodes"].values()
    runs = [store.get("run", node["RunId"]) for node in nodes if node["StatusCode"] in ("Failed", "Canceled")]
    reasons = [f"step '{run['name']}' (run {run['runId']}): {_reason(run)}" for run in runs]
    return "\n".join(["a step failed: its run has the reason and the log", *reasons[:_REASONS]])


def _reason(step_run: Document) -> str:
    error = (step_run["error"] or {}).get("error") or {}
    return str(error.get("message") or step_run["status"])


def queue_step(store: Store, pipeline_run: str, node_id: str, step_run: str, outputs: Document) -> None:
    run = store.get("pipeline run", pipeline_run)
    run["_nodes"][node_id] |= {"StatusCode": "Queued", "RunId": step_run, "ScheduleTime": now(), "_outputs": outputs}
    store.put("pipeline run", pipeline_run, run)


def set_step_status(
    store: Store, pipeline_run: str, step_run: str, status: str, message: str | None = None, **details: object
) -> None:
    """`details` go to the node as well."""
    moment, started = now(), status == "Running"
    with store.transaction():
        run = store.get("pipeline run", pipeline_run)
        node = next(node for node in run["_nodes"].values() if node["RunId"] == step_run)
        node |= {"StatusCode": status, "StartTime" if started else "EndTime": moment, **details}
        store.put("pipeline run", pipeline_run, run)
        history = store.get("run", step_run)
        history |= {"status": HISTORY_STATUS.get(status, status), "startTimeUtc" if started else "endTimeUtc": moment}
        store.put("run", step_run, history | {"error": error_of(message) if message else None})


def fail_interrupted(store: Store) -> None:
    """What was going in an earlier life of the emulator has failed, and says so."""
    for run in store.all("pipeline run"):
        if run["IsSubmitted"] and run["Status"]["StatusCode"] in ("NotStarted", "Running"):
            for node in run["_nodes"].values():
                if node["StatusCode"] in ("Queued", "Running"):
                    node |= {"StatusCode": "Failed", "EndTime": now()}
            store.put("pipeline run", run["Id"], run)
            finish_run(store, run["Id"], "Failed", INTERRUPTED.format("run"))
    for run in store.all("run"):
        if run["runType"] == "azureml.StepRun" and run["endTimeUtc"] is None:
            error = error_of(INTERRUPTED.format("step"))
            store.put("run", run["runId"], run | {"status": "Failed", "endTimeUtc": now(), "error": error})
