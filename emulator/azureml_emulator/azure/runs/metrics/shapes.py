"""What a batch of metrics must be like."""

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import Required, TypedDict

from azureml_emulator.server.requests.shapes import Items, Moment, Named, Reference, Scalars, Texts

MOST_STEP = 2**63 - 1
"""Steps are whole numbers of 64 bits, in the SDK as in MLflow."""
Step = Annotated[int, Field(ge=-MOST_STEP, le=MOST_STEP)]


class Value(TypedDict, total=False):
    metricId: Reference | None
    createdUtc: Moment | None
    step: Step | None
    data: Required[Named[str, Any]]


class Metric(TypedDict, total=False):
    name: Required[Reference]
    columns: Texts | None
    properties: Scalars | None
    value: Required[Items[Value]]


class Batch(TypedDict):
    values: Items[Metric]


class Question(TypedDict):
    metricName: str


class Filter(TypedDict, total=False):
    filter: str | None
