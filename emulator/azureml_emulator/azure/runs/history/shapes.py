"""What may be said of runs and experiments."""

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import Required, TypedDict

from azureml_emulator.server.requests.shapes import FileName, Items, Moment, Named, Reference, Scalar, Texts

Status = Annotated[str, Field(max_length=100)]


class RunType(TypedDict, total=False):
    orchestrator: str | None
    traits: Items[str] | None


class Changes(TypedDict, total=False):
    """The keys of the SDK's CreateRunDto."""

    runId: FileName | None
    parentRunId: Reference | None
    status: Status | None
    startTimeUtc: Moment | None
    endTimeUtc: Moment | None
    name: str | None
    displayName: str | None
    description: str | None
    dataContainerId: FileName | None
    runType: str | None
    scriptName: str | None
    target: Reference | None
    primaryMetricName: str | None
    cancelUri: str | None
    diagnosticsUri: str | None
    heartbeatEnabled: bool | None
    hidden: bool | None
    tags: Texts | None
    properties: Texts | None
    inputDatasets: Items[Named[str, Any]] | None
    outputDatasets: Items[Named[str, Any]] | None
    runTypeV2: RunType | None
    options: Named[str, Any] | None
    createdFrom: Named[str, Any] | None
    queueingInfo: Named[str, Any] | None
    runDefinition: Any


class NamedRun(TypedDict):
    runId: FileName


class ManyChanges(TypedDict):
    """Each is one of Changes, beside its id."""

    runs: Items[NamedRun]


class Event(TypedDict, total=False):
    name: Required[str]
    data: Named[str, Any] | None


class RunId(TypedDict, total=False):
    runId: Reference | None
    RunId: Reference | None


class EventOfRun(TypedDict):
    name: str
    data: RunId


class Events(TypedDict):
    events: Items[EventOfRun]


class EventData(TypedDict, total=False):
    """Its keys in lower case: the SDK writes them in several."""

    starttime: Moment | None
    endtime: Moment | None
    errorresponse: Named[str, Any] | None
    source: str | None
    message: str | None


class ExperimentChanges(TypedDict, total=False):
    archive: bool | None
    description: str | None
    tags: Texts | None


class TagNames(TypedDict):
    tags: Items[str]


class Query(TypedDict, total=False):
    """Null, or a page of runs or experiments."""

    filter: str | None
    orderby: str | None
    top: Scalar | None
    continuationToken: Scalar | None
    viewType: Scalar | None
