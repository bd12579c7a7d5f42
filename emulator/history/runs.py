"""Experiments and runs as documents of the store."""

import re

from emulator.errors import NotSupported
from emulator.store import Store
from emulator.wire import Document, new_id, now

_EVENT_PREFIX = "Microsoft.MachineLearning.Run."
_STATUS_OF_EVENT = {"Start": "Running"} | {
    name: name for name in ("Queued", "CancelRequested", "Completed", "Failed", "Canceled")
}
_CONDITION = re.compile(r"(\w+) (eq|ne) '?([^'\s]+?)'?", re.IGNORECASE)
_FILTERABLE = ("parentRunId", "rootRunId", "runId", "status", "runType", "target", "experimentId")


def ensure_experiment(store: Store, name: str) -> Document:
    experiment = store.find("experiment", name)
    if experiment is None:
        experiment = {"experimentId": new_id(), "name": name, "description": "", "createdUtc": now()}
        store.put("experiment", name, experiment | {"tags": {}, "archivedTime": None})
    return experiment


def experiment_by_id(store: Store, identifier: str) -> Document:
    for experiment in store.all("experiment"):
        if experiment["experimentId"] == identifier:
            return experiment
    return store.get("experiment", identifier)


def create_run(store: Store, experiment: str, run_id: str, **fields: object) -> Document:
    """A new run with every key that the SDK reads; `dataContainerId` is where its artifacts lie."""
    parent = store.find("run", str(fields.get("parentRunId")))
    run: Document = {
        "_experiment": experiment,
        "runId": run_id,
        "runUuid": new_id(),
        "runNumber": store.next_number(f"runs of {experiment}"),
        "rootRunId": parent["rootRunId"] if parent else run_id,
        "parentRunId": None,
        "experimentId": ensure_experiment(store, experiment)["experimentId"],
        "dataContainerId": f"dcid.{run_id}",
        "status": "NotStarted",
        "createdUtc": now(),
        "startTimeUtc": None,
        "endTimeUtc": None,
        "runType": None,
        "runTypeV2": {"orchestrator": None, "traits": [], "attribution": None, "computeType": None},
        "name": None,
        "displayName": run_id,
        "description": None,
        "scriptName": None,
        "target": None,
        "error": None,
        "warnings": None,
        "properties": {},
        "tags": {},
        "hidden": False,
        "heartbeatEnabled": False,
        "userId": "local",
        "createdBy": {"userObjectId": "local", "userName": "local"},
        "cancelUri": None,
        "completeUri": None,
        "diagnosticsUri": None,
        "runDefinition": None,
        "token": None,
    }
    return store.put("run", run_id, run | {key: value for key, value in fields.items() if value is not None})


def patch_run(store: Store, experiment: str, run_id: str, changes: Document) -> Document:
    """Merge a client's changes; a run that does not exist is created, as interactive runs are."""
    run = store.find("run", run_id) or create_run(store, experiment, run_id, parentRunId=changes.get("parentRunId"))
    for key, value in changes.items():
        if value is None or key == "runId" or key.startswith("_"):
            continue
        if key in ("properties", "tags"):
            run[key] = {**run[key], **value}
        elif key in ("inputDatasets", "outputDatasets"):  # a client sends what is new
            known = run.get(key) or []
            run[key] = known + [one for one in value if one not in known]
        else:
            run[key] = value
    return store.put("run", run_id, run)


def error_of(message: str) -> Document:
    """The error of a run, as the SDK reads it."""
    detail = {"code": "UserError", "message": message, "details": [], "messageFormat": "", "messageParameters": {}}
    return {"error": detail}


def apply_event(store: Store, run_id: str, event: Document) -> None:
    """Events drive the status, the error and the warnings. Raises NotSupported for one that is not known."""
    kind = str(event["name"]).removeprefix(_EVENT_PREFIX)
    data = {key.lower(): value for key, value in (event.get("data") or {}).items()}
    run = store.get("run", run_id)
    if kind in _STATUS_OF_EVENT:
        run["status"] = _STATUS_OF_EVENT[kind]
    match kind:
        case "Start":
            run["startTimeUtc"] = run["startTimeUtc"] or data.get("starttime") or now()
        case "Completed" | "Failed" | "Canceled":
            run["endTimeUtc"] = data.get("endtime") or now()
        case "Error":
            run["error"] = data["errorresponse"]
        case "Warning":
            warning = {key: data.get(key) for key in ("source", "message")}
            run["warnings"] = [*(run["warnings"] or []), warning]
        case "Queued" | "CancelRequested" | "Heartbeat":  # nothing watches over heartbeats: no run is taken for dead
            pass
        case _:
            raise NotSupported(f"the run event {event['name']}")
    store.put("run", run_id, run)


def query_runs(store: Store, experiment: str, expression: str, top: int | None) -> list[Document]:
    """The runs of an experiment, newest first, that meet an OData filter of `eq` and `ne` joined by `and`."""
    runs = [run for run in store.all("run") if run["_experiment"] == experiment]
    for key, equal, value in _conditions(expression):
        runs = [run for run in runs if (run.get(key) == value) is equal]
    return sorted(runs, key=lambda run: run["createdUtc"], reverse=True)[:top]


def _conditions(expression: str) -> list[tuple[str, bool, str | None]]:
    """Key, whether it must be equal, value. With nothing but `and` between them, parentheses change nothing."""
    conditions: list[tuple[str, bool, str | None]] = []
    flat = re.sub(r"[()]", " ", expression).strip()
    for part in re.split(r"\s+and\s+", flat, flags=re.IGNORECASE) if flat else []:
        match = _CONDITION.fullmatch(part.strip())
        key = match[1][0].lower() + match[1][1:] if match else ""
        if match is None or key not in _FILTERABLE:
            raise NotSupported(f"the run filter '{part}'")
        conditions.append((key, match[2].lower() == "eq", None if match[3] == "null" else match[3]))
    return conditions
