"""Graphs and pipeline runs as documents of the store."""

from collections.abc import Mapping

from azureml_emulator.azure.pipelines.graphs.assignments import assignments
from azureml_emulator.azure.pipelines.graphs.kinds import refuse_unknown_nodes
from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.server.requests.body import objects
from azureml_emulator.state.store import Store
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document, new_id, now

_STATUS_NAMES = {"0": "Active", "1": "Deprecated", "2": "Disabled"}


def entity_status(value: object) -> str:
    """The SDK sends the status of a pipeline, endpoint or schedule as a number or as a name. Raises BadRequest."""
    status = _STATUS_NAMES.get(str(value), value)
    if status not in _STATUS_NAMES.values():
        raise BadRequest(f"a status is Active, Deprecated or Disabled, not {value!r}")
    return str(status)


def active_only(entities: list[Document], query: Mapping[str, str]) -> list[Document]:
    """Pipelines, endpoints or schedules without the disabled ones, unless the client asks for all."""
    if query.get("activeOnly", "true").lower() != "true":
        return entities
    return [entity for entity in entities if entity["EntityStatus"] == "Active"]


def save_graph(store: Store, graph: Document, interface: Document | None) -> str:
    """Keep a graph and its parameters; returns its id. Raises NotSupported for other kinds of steps, or BadRequest."""
    for key, value in (interface or {}).items():
        if isinstance(value, list):
            objects(value, f"GraphInterface.{key}", f"one of GraphInterface.{key}")
    refuse_unknown_nodes(store, graph)
    known = store.find("graph", graph.get("Id") or "")
    # Pipelines and runs may be of the graph with that id: they keep it as it is.
    graph_id = new_id() if known or not graph.get("Id") else graph["Id"]
    store.put("graph", graph_id, {"graph": graph | {"Id": graph_id}, "interface": interface or {}})
    return str(graph_id)


def create_pipeline_run(  # noqa: PLR0913 - what a run may have beside its submission
    workspace: LocalWorkspace,
    *,
    experiment: str,
    graph_id: str,
    submission: Document,
    pipeline_id: str | None = None,
    schedule_id: str | None = None,
    parent_run_id: str | None = None,
    run_id: str | None = None,
) -> Document:
    """A run that is not started yet. `submission` is what the client sent: parameters, tags, description.

    Raises BadRequest for a parameter that the graph does not have, NotFound for data that is not there.
    """
    refuse_notification(submission)
    stored = workspace.store.get("graph", graph_id)
    identifier, moment = run_id or new_id(), now()
    run: Document = {
        "Id": identifier,
        "Description": submission.get("Description"),
        "Status": {"StatusCode": "NotStarted", "StatusDetail": None, "CreationTime": moment, "EndTime": None},
        "GraphId": graph_id,
        "IsSubmitted": False,
        "HasErrors": False,
        "HasWarnings": False,
        "UploadState": "Completed",
        **assignments(workspace, stored["interface"], submission),
        "RunHistoryExperimentName": experiment,
        "PipelineId": pipeline_id,
        "RunSource": submission.get("RunSource"),
        "RunType": submission.get("RunType"),
        "TotalRunSteps": len(stored["graph"]["ModuleNodes"]),
        "ScheduleId": schedule_id,
        "tags": submission.get("tags") or submission.get("Tags") or {},
        "Properties": submission.get("Properties") or {},
        "EntityStatus": "Active",
        "Etag": "1",
        "CreatedDate": moment,
        "LastModifiedDate": moment,
        "_continue_on_failure": bool(
            submission.get("ContinueExperimentOnNodeFailure") or submission.get("ContinueRunOnStepFailure")
        ),
        "_nodes": {node["Id"]: _new_node(moment) for node in stored["graph"]["ModuleNodes"]},
    }
    if parent_run_id:
        run |= parent_of(workspace.store, parent_run_id)
    return workspace.store.put("pipeline run", identifier, run)


def default_parameters(store: Store, graph_id: str) -> Document:
    """The parameters of a graph, by name."""
    declared = store.get("graph", graph_id)["interface"].get("Parameters") or []
    return {entry["Name"]: entry.get("DefaultValue") for entry in declared}


def parent_of(store: Store, run_id: str) -> Document:
    """What a pipeline run remembers of the run that it belongs to. Raises NotFound."""
    return {"_parent": store.get("run", run_id)["runId"]}


def refuse_notification(body: Document) -> None:
    """Raises NotSupported where an e-mail is asked for: nobody would send it."""
    if body.get("EnableNotification"):
        raise NotSupported("e-mail notifications: leave enable_email_notification out")


def _new_node(moment: str) -> Document:
    status = {"StatusCode": "NotStarted", "StatusDetail": None, "CreationTime": moment, "ScheduleTime": None}
    times = {"StartTime": None, "EndTime": None, "RunId": None, "ReuseInfo": None, "HasWarnings": False}
    return status | times | {"_outputs": {}}
