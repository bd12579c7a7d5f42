"""What a batch of metrics must be like."""

from typing import Any

from typing_extensions import Required, TypedDict

from azureml_emulator.server.shapes import Reference, Texts


class Value(TypedDict, total=False):
    metricId: Reference | None
    data: Required[dict[str, Any]]


class Metric(TypedDict, total=False):
    name: Required[Reference]
    columns: Texts | None
    value: Required[list[Value]]


class Batch(TypedDict):
    values: list[Metric]


class Question(TypedDict):
    metricName: str
