"""What a batch of metrics must be like."""

from typing import Any

from typing_extensions import Required, TypedDict

from azureml_emulator.server.shapes import Items, Named, Reference, Texts


class Value(TypedDict, total=False):
    metricId: Reference | None
    data: Required[Named[str, Any]]


class Metric(TypedDict, total=False):
    name: Required[Reference]
    columns: Texts | None
    value: Required[Items[Value]]


class Batch(TypedDict):
    values: Items[Metric]


class Question(TypedDict):
    metricName: str
