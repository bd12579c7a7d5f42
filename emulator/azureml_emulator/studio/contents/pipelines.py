"""Published pipelines and pipeline endpoints as the pages show them, with the parameters that a form asks for."""

from collections.abc import Mapping
from dataclasses import dataclass

from azureml_emulator.errors import NotFound
from azureml_emulator.state.store import Store
from azureml_emulator.studio.contents.moments import shown
from azureml_emulator.studio.contents.shapes import mapping, mappings, pairs
from azureml_emulator.studio.contents.status import Status, status_of
from azureml_emulator.wire import Document


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
    """Newest first, without those whose pipeline is not there."""
    default: str
    chosen: EndpointVersion | None
    """None where the default is not one of them."""


def published(store: Store, pipeline_id: str) -> Published:
    """Raises NotFound."""
    return _published(store, store.get("pipeline", pipeline_id), _last_experiments(store, pipeline_id))


def all_published(store: Store) -> list[Published]:
    """Newest first."""
    experiments = _last_experiments(store)
    return [_published(store, document, experiments) for document in reversed(store.all("pipeline"))]


def endpoint(store: Store, endpoint_id: str, version: str | None = None) -> Endpoint:
    """With a version chosen, by default the default. Raises NotFound."""
    found = _endpoint(store, store.get("pipeline endpoint", endpoint_id), version, _last_experiments(store))
    if version and not found.chosen:
        raise NotFound(f"pipeline endpoint '{found.name}' has no version {version}")
    return found


def all_endpoints(store: Store) -> list[Endpoint]:
    experiments = _last_experiments(store)
    return [_endpoint(store, document, None, experiments) for document in store.all("pipeline endpoint")]


def _endpoint(store: Store, document: Document, version: str | None, experiments: Mapping[str, str]) -> Endpoint:
    default = str(document["DefaultVersion"])
    versions = [
        EndpointVersion(str(entry.get("Version")), str(entry.get("Version")) == default, pipeline)
        for entry in reversed(mappings(document["PipelineVersionList"]))
        if (pipeline := _find(store, entry.get("PipelineId"), experiments))
    ]
    return Endpoint(
        id=document["Id"],
        name=str(document["Name"]),
        description=str(document["Description"] or ""),
        status=status_of(document["EntityStatus"]),
        versions=versions,
        default=default,
        chosen=next((one for one in versions if one.number == (version or default)), None),
    )


def _find(store: Store, pipeline_id: object, experiments: Mapping[str, str]) -> Published | None:
    document = store.find("pipeline", str(pipeline_id))
    return _published(store, document, experiments) if document else None


def _published(store: Store, document: Document, experiments: Mapping[str, str]) -> Published:
    interface = mapping(store.get("graph", document["GraphId"])["interface"])
    defaults = {str(entry.get("Name")): entry.get("DefaultValue") for entry in mappings(interface.get("Parameters"))}
    given = mapping(document["ParameterAssignments"])
    name = str(document["Name"] or document["Id"])
    return Published(
        id=document["Id"],
        name=name,
        version=str(document["Version"] or ""),
        description=str(document["Description"] or ""),
        status=status_of(document["EntityStatus"]),
        created=shown(document["CreatedDate"]),
        parameters=pairs(defaults | {key: value for key, value in given.items() if key in defaults}),
        experiment=experiments.get(document["Id"], name),
    )


def _last_experiments(store: Store, pipeline_id: str = "") -> dict[str, str]:
    """Of the runs of each published pipeline, by its id; of one alone, without reading the runs of the others."""
    return {str(run["PipelineId"]): run["RunHistoryExperimentName"] for run in store.all("pipeline run", pipeline_id)}
