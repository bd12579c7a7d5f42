"""What is submitted, published and scheduled."""

from typing import Annotated

from pydantic import Field
from typing_extensions import Required, TypedDict

from azureml_emulator.azure.pipelines.graphs.shapes import DataPath, DatasetValue, Graph, Interface
from azureml_emulator.server.requests.shapes import Items, Named, Reference, Scalar, Texts

Polling = Annotated[int, Field(ge=0, le=1_000_000_000)]


class Submission(TypedDict, total=False):
    """Whether the pipeline has such parameters is another question."""

    ExperimentName: Reference | None
    RunHistoryExperimentName: Reference | None
    Description: str | None
    RunSource: str | None
    RunType: str | None
    tags: Texts | None
    Tags: Texts | None
    Properties: Texts | None
    ParameterAssignments: Named[str, Scalar | None] | None
    DataPathAssignments: Named[str, DataPath | None] | None
    DataSetDefinitionValueAssignments: Named[str, DatasetValue | None] | None
    ContinueRunOnStepFailure: bool | None
    ContinueExperimentOnNodeFailure: bool | None
    EnableNotification: bool | None


class NewRun(TypedDict, total=False):
    CreationInfo: Required[Submission]
    Graph: Required[Graph]
    GraphInterface: Interface | None


class NewPipeline(Submission, total=False):
    Name: str | None
    Version: str | None
    Graph: Required[Graph]
    GraphInterface: Interface | None


class NewEndpoint(TypedDict, total=False):
    Name: Required[Reference]
    PipelineId: Required[Reference]
    Description: str | None
    Properties: Texts | None


class VersionOfEndpoint(TypedDict):
    Version: str
    PipelineId: Reference


class Endpoint(TypedDict, total=False):
    Name: Reference | None
    Description: str | None
    DefaultVersion: str | None
    PipelineVersionList: Items[VersionOfEndpoint] | None
    EntityStatus: Scalar | None
    Properties: Texts | None
    tags: Texts | None
    CreatedDate: str | None
    Etag: str | None
    SwaggerUrl: str | None


class Recurrence(TypedDict, total=False):
    """Its values are looked at where times are made of it."""

    StartTime: str | None


class Trigger(TypedDict, total=False):
    DataStoreName: Reference | None
    PollingInterval: Polling | None
    PathOnDataStore: str | None
    DataPathParameterName: Reference | None


class Schedule(TypedDict, total=False):
    Name: str | None
    Description: str | None
    PipelineId: Reference | None
    PipelineEndpointId: Reference | None
    PipelineSubmissionInfo: Submission | None
    Recurrence: Recurrence | None
    DataStoreTriggerInfo: Trigger | None
    EntityStatus: Scalar | None
    ScheduleType: Scalar | None
    CreatedDate: str | None
