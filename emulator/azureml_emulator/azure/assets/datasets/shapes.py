"""What a dataset must be like: its definition, and what it is registered by."""

from typing import Any

from typing_extensions import Required, TypedDict

from azureml_emulator.server.requests.shapes import Named, Reference, Scalar, Texts


class Latest(TypedDict, total=False):
    savedDatasetId: Reference | None
    versionId: str | None
    dataflow: str | None
    properties: Named[str, Any] | None


class Registration(TypedDict, total=False):
    name: Required[Reference]
    datasetType: Required[Scalar]
    description: str | None
    tags: Texts | None
    latest: Required[Latest]


class Update(TypedDict, total=False):
    description: str | None
    tags: Texts | None
    latest: Latest | None


class Definition(TypedDict, total=False):
    datasetType: Required[Scalar]
    properties: Named[str, Any] | None
    dataflowJson: str | None
    dataflow: str | None


class Meta(TypedDict):
    RsDataflow: str
    """YAML, which the SDK's native library reads."""


class Dataflow(TypedDict):
    """The JSON in a definition's text."""

    meta: Meta
