"""Runs as documents of the store."""

from collections.abc import Iterable
from contextlib import suppress

from azureml_emulator.azure.runs.history.changes import checked_changes
from azureml_emulator.azure.runs.history.experiments import ensure_experiment
from azureml_emulator.azure.runs.history.filters import ordered, parse_filter
from azureml_emulator.azure.runs.history.shapes import EventData
from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.server.requests.body import a_file_name
from azureml_emulator.server.requests.query import number_of
from azureml_emulator.server.requests.shapes import checked
from azureml_emulator.state.store import Store
from azureml_emulator.state.user import USER
from azureml_emulator.wire import Document, new_id, now, without_internal

_EVENT_PREFIX = "Microsoft.MachineLearning.Run."
_MADE_WITH = ("parentRunId", "dataContainerId", "runType")
_STATUS_OF_EVENT = {"Start": "Running"} | {
    name: name for name in ("Queued", "CancelRequested", "Completed", "Failed", "Canceled")
}


def create_run(store: Store, experiment: str, run_id: str, **fields: object) -> Document:
    """A new run with every key that the SDK reads; `dataContainerId` is where its artifacts lie.

    Raises BadRequest for an id that cannot be the name of its folder.
    """
    a_file_name(run_id, "the run id")
    _refuse_loop(store, run_id, fields.get("parentRunId"))
    parent, uuid = store.find("run", str(fields.get("parentRunId"))), new_id()
    run: Document = {
        "_experiment": experiment,
        "runId": run_id,
        "runUuid": uuid,
        "runNumber": store.next_number(f"runs of {experiment}"),
        "rootRunId": parent["rootRunId"] if parent else run_id,
        "rootRunUuid": parent.get("rootRunUuid") if parent else uuid,
        "parentRunId": None,
        "parentRunUuid": parent["runUuid"] if parent else None,
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
        "createdBy": {key: USER[key] for key in ("userObjectId", "userTenantId", "userName")},
        "createdFrom": None,
        "options": None,
        "primaryMetricName": None,
        "queueingInfo": None,
        "cancelUri": None,
        "completeUri": None,
        "diagnosticsUri": None,
        "runDefinition": None,
        "token": None,
        "tokenExpiryTimeUtc": None,
    }
    return store.put("run", run_id, run | {key: value for key, value in fields.items() if value is not None})


def patch_run(store: Store, experiment: str, run_id: str, sent: Document) -> Document:
    """Merge a client's changes; a run that does not exist is created, as interactive runs are.

    Raises BadRequest for what is no change of a run, for another value of a property (Azure keeps the first, too), and
    for another parent, type or place of its files.
    """
    changes = checked_changes(sent)
    _refuse_loop(store, run_id, changes.get("parentRunId"))
    run = store.find("run", run_id) or create_run(store, experiment, run_id, parentRunId=changes.get("parentRunId"))
    _refuse_another_place(run, changes)
    for key, value in changes.items():
        if key == "properties":
            _refuse_other_values(run, value)
        if key in ("properties", "tags"):
            run[key] = {**run[key], **value}
        elif key in ("inputDatasets", "outputDatasets"):  # a client sends what is new
            known = run.get(key) or []
            run[key] = known + [one for one in value if one not in known]
        else:
            run[key] = value
    return store.put("run", run_id, run)


def _refuse_loop(store: Store, run_id: str, parent: object) -> None:
    """Whoever looks at what is below a run must come to an end."""
    above, seen = parent, set[object]()
    while above and above not in seen:
        if above == run_id:
            raise BadRequest(f"run '{run_id}' cannot be below itself, as it would be with the parent '{parent}'")
        seen.add(above)
        above = (store.find("run", str(above)) or {}).get("parentRunId")


def _refuse_another_place(run: Document, changes: Document) -> None:
    """A run stays where it was made, and what it was made as: whoever looks for it there takes no other for it."""
    for key in _MADE_WITH:
        if run[key] and (wanted := changes.get(key, run[key])) != run[key]:
            raise BadRequest(f"{key} of run '{run['runId']}' is '{run[key]}' and cannot become '{wanted}'")


def _refuse_other_values(run: Document, properties: Document) -> None:
    for name, value in properties.items():
        known = run["properties"].get(name, value)
        if known != value:
            raise BadRequest(
                f"property '{name}' of run '{run['runId']}' is '{known}' and cannot become '{value}': "
                "properties never change; use a tag for what does"
            )


def note_status(store: Store, run_id: str, status: str) -> None:
    """What a run that was started does now. That its end was asked for stays, and that its script has ended it."""
    run = store.get("run", run_id)
    if run["status"] == "CancelRequested" or run["endTimeUtc"]:
        return
    started = {"startTimeUtc": run["startTimeUtc"] or now()} if status == "Running" else {}
    with suppress(OSError):  # a full disk is no reason for a run to end
        store.put("run", run_id, run | started | {"status": status})


def error_of(message: str) -> Document:
    """The error of a run, as the SDK reads it."""
    detail: Document = {
        "code": "UserError",
        "message": message,
        "details": [],
        "messageFormat": "",
        "messageParameters": {},
    }
    unsaid = dict.fromkeys(("severity", "referenceCode", "detailsUri", "target", "innerError", "additionalInfo"))
    where: Document = {
        "correlation": {},
        "environment": "local",
        "location": "local",
        "time": now(),
        "componentName": None,
    }
    return {"error": detail | unsaid} | where


def apply_event(store: Store, run_id: str, event: Document) -> None:
    """Events drive the status, the error and the warnings. Raises NotSupported for one that is not known."""
    kind = event["name"].removeprefix(_EVENT_PREFIX)
    data = checked(EventData, {key.lower(): value for key, value in (event.get("data") or {}).items()}, "data")
    run = store.get("run", run_id)
    if kind in _STATUS_OF_EVENT:
        run["status"] = _STATUS_OF_EVENT[kind]
    match kind:
        case "Start":
            run["startTimeUtc"] = run["startTimeUtc"] or data.get("starttime") or now()
        case "Completed" | "Failed" | "Canceled":
            run["endTimeUtc"] = data.get("endtime") or now()
        case "Error":
            run["error"] = data.get("errorresponse")
        case "Warning":
            warning = {key: data.get(key) for key in ("source", "message")}
            run["warnings"] = [*(run["warnings"] or []), warning]
        case "Queued" | "CancelRequested" | "Heartbeat":  # nothing watches over heartbeats: no run is taken for dead
            pass
        case _:
            raise NotSupported(f"the run event {event['name']}")
    store.put("run", run_id, run)


def query_runs(store: Store, experiment_id: str, query: Document) -> Document:
    """A page of the runs of an experiment, newest first unless an order is asked for."""
    return _page((run for run in store.all("run", experiment_id) if run["experimentId"] == experiment_id), query)


def list_children(store: Store, run_id: str, query: Document) -> Document:
    """A page of the runs right below a run."""
    return _page((run for run in store.all("run", run_id) if run["parentRunId"] == run_id), query)


def list_active(store: Store, compute: str, query: Document) -> Document:
    """A page of the runs that have not ended on a compute target."""
    runs = store.all("run", compute)
    return _page((run for run in runs if run["target"] == compute and not run["endTimeUtc"]), query)


def remove_tags(store: Store, run_id: str, names: list[str]) -> Document:
    run = store.get("run", run_id)
    run["tags"] = {name: value for name, value in run["tags"].items() if name not in names}
    return store.put("run", run_id, run)


def _page(runs: Iterable[Document], query: Document) -> Document:
    """`query` has filter, orderby, top and continuationToken, which here is the number of runs on the pages before."""
    matches = parse_filter(query.get("filter") or "")
    found = ordered([run for run in reversed(list(runs)) if matches(run)], query.get("orderby"))
    start = number_of(query, "continuationToken", 0)
    end = start + (number_of(query, "top", 0) or len(found) or 1)
    rest = str(end) if end < len(found) else None
    return {"value": [without_internal(run) for run in found[start:end]], "continuationToken": rest}
