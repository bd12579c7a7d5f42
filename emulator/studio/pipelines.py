"""Published pipelines and pipeline endpoints as the pages show them, with the parameters that a form asks for."""

from dataclasses import dataclass

from emulator.pipelines.endpoints import pipeline_of
from emulator.store import Store
from emulator.studio.moments import shown
from emulator.studio.status import Status, status_of
from emulator.wire import Document


@dataclass(frozen=True)
class Published:
    id: str
    name: str
    version: str
    description: str
    status: Status
    created: str
    parameters: dict[str, str]
    """Their defaults."""
    experiment: str
    """Where its last run was; a new one is likely to belong there too."""


@dataclass(frozen=True)
class EndpointVersion:
    number: str
    is_default: bool
    pipeline: Published


@dataclass(frozen=True)
class Endpoint:
    id: str
    name: str
    description: str
    status: Status
    versions: list[EndpointVersion]
    """Newest first."""
    default: str
    chosen: EndpointVersion


def published(store: Store, pipeline_id: str) -> Published:
    """Raises NotFound."""
    return _published(store, store.get("pipeline", pipeline_id))


def all_published(store: Store) -> list[Published]:
    """Newest first."""
    return [_published(store, document) for document in reversed(store.all("pipeline"))]


def endpoint(store: Store, endpoint_id: str, version: str | None = None) -> Endpoint:
    """With a version chosen, by default the default. Raises NotFound."""
    return _endpoint(store, store.get("pipeline endpoint", endpoint_id), version)


def all_endpoints(store: Store) -> list[Endpoint]:
    return [_endpoint(store, document, None) for document in store.all("pipeline endpoint")]


def _endpoint(store: Store, document: Document, version: str | None) -> Endpoint:
    default = document["DefaultVersion"]
    chosen = version or default
    versions = [
        EndpointVersion(entry["Version"], entry["Version"] == default, published(store, entry["PipelineId"]))
        for entry in reversed(document["PipelineVersionList"])
    ]
    return Endpoint(
        id=document["Id"],
        name=document["Name"],
        description=str(document["Description"] or ""),
        status=status_of(document["EntityStatus"]),
        versions=versions,
        default=default,
        chosen=EndpointVersion(chosen, chosen == default, published(store, pipeline_of(document, chosen))),
    )


def _published(store: Store, document: Document) -> Published:
    interface = store.get("graph", document["GraphId"])["interface"]
    defaults = {entry["Name"]: entry.get("DefaultValue") for entry in interface.get("Parameters") or []}
    defaults |= {key: value for key, value in document["ParameterAssignments"].items() if key in defaults}
    name = str(document["Name"] or document["Id"])
    runs = [run for run in store.all("pipeline run") if run["PipelineId"] == document["Id"]]
    return Published(
        id=document["Id"],
        name=name,
        version=str(document["Version"] or ""),
        description=str(document["Description"] or ""),
        status=status_of(document["EntityStatus"]),
        created=shown(document["CreatedDate"]),
        parameters={key: "" if value is None else str(value) for key, value in defaults.items()},
        experiment=runs[-1]["RunHistoryExperimentName"] if runs else name,
    )
