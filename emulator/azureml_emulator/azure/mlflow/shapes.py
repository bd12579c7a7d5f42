"""What MLflow's bodies must be like. Times, numbers and pages come as numbers or as texts, as protocol buffers have it:
what reads them refuses what is neither.
"""

from typing import Any

from typing_extensions import Required, TypedDict

from azureml_emulator.server.requests.shapes import Items, Named, Reference, Scalar


class Pair(TypedDict, total=False):
    key: Required[Reference]
    value: str


class Tagged(TypedDict, total=False):
    tags: Items[Pair] | None


class Page(TypedDict, total=False):
    filter: str | None
    max_results: Scalar | None
    page_token: Scalar | None


class NewExperiment(Tagged, total=False):
    name: Required[Reference]
    artifact_location: str | None


class OfExperiment(TypedDict):
    experiment_id: Reference


class TagOfExperiment(OfExperiment, Pair):
    pass


class ExperimentSearch(Page, total=False):
    view_type: str | None
    order_by: Items[str] | None


class NewRun(Tagged, OfExperiment, total=False):
    run_name: str | None
    user_id: str | None
    start_time: Scalar | None


class OfRun(TypedDict, total=False):
    run_id: Reference | None
    run_uuid: Reference | None


class RunChanges(OfRun, total=False):
    status: str | None
    end_time: Scalar | None
    run_name: str | None


class Metric(TypedDict, total=False):
    key: Required[Reference]
    value: Scalar
    timestamp: Scalar | None
    step: Scalar


class MetricOfRun(OfRun, Metric):
    pass


class PairOfRun(OfRun, Pair):
    pass


class KeyOfRun(OfRun):
    key: Reference


class Batch(OfRun, Tagged, total=False):
    metrics: Items[Metric] | None
    params: Items[Pair] | None


class ModelOfRun(OfRun):
    model_json: str


class Used(OfRun, total=False):
    """Inputs or outputs of a run: kept as they are."""

    datasets: Items[Named[str, Any]] | None
    models: Items[Named[str, Any]] | None


class RunSearch(Page, total=False):
    experiment_ids: Items[str] | None
    run_view_type: str | None
    order_by: Items[str] | None


class Params(TypedDict, total=False):
    params: Items[Pair] | None


class NewLoggedModel(Tagged, Params, total=False):
    source_run_id: Reference | None
    name: str | None
    model_type: str | None


class LoggedModelStatus(TypedDict):
    status: str


class Order(TypedDict, total=False):
    field_name: Required[str]
    ascending: bool | None


class LoggedModelSearch(Page, total=False):
    experiment_ids: Items[str] | None
    order_by: Items[Order] | None


class OfModel(TypedDict):
    name: Reference


class NewModel(OfModel, Tagged, total=False):
    description: str | None


class ModelChanges(OfModel, total=False):
    description: str | None


class TagOfModel(OfModel, Pair):
    pass


class Stages(OfModel, total=False):
    stages: Items[str] | None


class NewVersion(NewModel, total=False):
    source: Required[str]
    run_id: Reference | None


class OfVersion(OfModel):
    version: Scalar


class VersionChanges(OfVersion, total=False):
    description: str | None


class TagOfVersion(OfVersion, Pair):
    pass


class Transition(OfVersion, total=False):
    stage: Required[str]
    archive_existing_versions: bool | None
