"""A run of run history as MLflow has it, and what MLflow changes of it.

Parameters, inputs and outputs have no place in run history: they lie beside it, under keys of our own.
"""

from azureml_emulator.azure.mlflow.metrics import latest
from azureml_emulator.azure.mlflow.paths import artifact_uri
from azureml_emulator.azure.mlflow.times import milliseconds_of, text_of
from azureml_emulator.azure.runs.history.experiments import experiment_by_id
from azureml_emulator.azure.runs.history.runs import create_run
from azureml_emulator.errors import BadRequest
from azureml_emulator.server.requests.shapes import shortened
from azureml_emulator.state.store import Store
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document, new_id, now

PARAMS, INPUTS, OUTPUTS = "_mlflowParams", "_mlflowInputs", "_mlflowOutputs"
_PARENT, _ROOT, _NAME, _USER = "mlflow.parentRunId", "mlflow.rootRunId", "mlflow.runName", "mlflow.user"
_STATUS = {"FINISHED": "Completed", "FAILED": "Failed", "KILLED": "Canceled", "RUNNING": "Running"}
_STATUS |= {"SCHEDULED": "Queued"}
_ENDED = ("FINISHED", "FAILED", "KILLED")
_AS_MLFLOW = {status: name for name, status in _STATUS.items()} | {"Finished": "FINISHED", "NotStarted": "SCHEDULED"}
_AS_MLFLOW |= dict.fromkeys(("Preparing", "Provisioning", "Starting"), "SCHEDULED") | {"Finalizing": "RUNNING"}
_LONGEST_PARAM = 6000
"""Characters: MLflow's own limit."""


def new_run(store: Store, body: Document) -> Document:
    """Raises NotFound or BadRequest for an experiment that isn't there, or was archived."""
    experiment = experiment_by_id(store, body["experiment_id"])
    if experiment["archivedTime"]:
        raise BadRequest(f"experiment '{experiment['name']}' is archived: restore it, or take another name")
    tags = tags_of(body)
    name = body.get("run_name") or tags.get(_NAME)
    parent = tags.get(_PARENT)
    if parent:
        store.get("run", parent)
    run_id = new_id()
    shown = {"displayName": name or run_id, "parentRunId": parent}
    started = text_of(body["start_time"], "start_time") if body.get("start_time") else now()
    owner = {"userId": body["user_id"]} if body.get("user_id") else {}
    running = {"status": "Running", "startTimeUtc": started, "tags": tags}
    return create_run(store, str(experiment["name"]), run_id, **shown, **running, **owner)


def change_run(store: Store, run: Document, body: Document) -> Document:
    """Status, end and name."""
    if (status := body.get("status")) is not None:
        if status not in _STATUS:
            raise BadRequest(f"status must be one of {', '.join(_STATUS)}, not {shortened(status)}")
        run["status"] = _STATUS[status]
        ended = text_of(body["end_time"], "end_time") if body.get("end_time") else now()
        run["endTimeUtc"] = ended if status in _ENDED else None
    if body.get("run_name"):
        run["displayName"] = body["run_name"]
        run["tags"][_NAME] = run["displayName"]
    return store.put("run", run["runId"], run)


def set_tags(run: Document, tags: dict[str, str]) -> None:
    run["tags"] |= tags
    if _NAME in tags:
        run["displayName"] = tags[_NAME]


def set_params(run: Document, params: list[Document]) -> None:
    """Raises BadRequest for another value of a parameter that has one: MLflow never changes them."""
    known = run.setdefault(PARAMS, {})
    for param in params:
        name, text = param["key"], param.get("value", "")
        if len(text) > _LONGEST_PARAM:
            raise BadRequest(f"the value of parameter '{name}' has {len(text)} characters, at most {_LONGEST_PARAM}")
        if known.get(name, text) != text:
            raise BadRequest(
                f"parameter '{name}' of run '{run['runId']}' is {shortened(known[name])} and cannot become "
                f"{shortened(text)}: parameters never change; use a tag for what does"
            )
        known[name] = text


def tags_of(body: Document) -> dict[str, str]:
    return {one["key"]: one.get("value", "") for one in body.get("tags") or []}


def status_of(run: Document) -> str:
    return _AS_MLFLOW.get(run["status"], "RUNNING")


def info_of(workspace: LocalWorkspace, run: Document) -> Document:
    return {
        "run_id": run["runId"],
        "run_uuid": run["runId"],
        "run_name": run["displayName"],
        "experiment_id": run["experimentId"],
        "user_id": run["userId"],
        "status": status_of(run),
        "start_time": milliseconds_of(run["startTimeUtc"] or run["createdUtc"]),
        "end_time": milliseconds_of(run["endTimeUtc"]),
        "artifact_uri": artifact_uri(workspace, run),
        "lifecycle_stage": "deleted" if run["hidden"] else "active",
    }


def shown_tags(run: Document) -> dict[str, str]:
    """Those of the run, and those by which MLflow knows its name and its parents."""
    own: Document = {_NAME: run["displayName"], _USER: run["userId"]}
    if run["parentRunId"]:
        own |= {_PARENT: run["parentRunId"], _ROOT: run["rootRunId"]}
    return {key: value or "" for key, value in (own | run["tags"]).items()}


def run_of(workspace: LocalWorkspace, run: Document) -> Document:
    data = {
        "metrics": latest(workspace.store, run["runId"]),
        "params": _pairs(run.get(PARAMS) or {}),
        "tags": _pairs(shown_tags(run)),
    }
    files = {"inputs": run.get(INPUTS) or {}, "outputs": run.get(OUTPUTS) or {}}
    return {"info": info_of(workspace, run), "data": data, **files}


def _pairs(values: dict[str, str]) -> list[Document]:
    return [{"key": key, "value": value} for key, value in values.items()]
