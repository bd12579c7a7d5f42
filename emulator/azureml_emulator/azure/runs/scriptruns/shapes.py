"""What the submission of a script run must be like."""

from typing import Any

from typing_extensions import Required, TypedDict

from azureml_emulator.execution.shapes import RunConfiguration
from azureml_emulator.server.requests.shapes import FileName, Items, Named, Path, Reference, Scalar, Texts


class DatasetReference(TypedDict, total=False):
    id: Reference | None
    name: Reference | None
    version: Scalar | None


class DataLocation(TypedDict, total=False):
    dataset: DatasetReference | None


class Data(TypedDict, total=False):
    environmentVariableName: str | None
    dataLocation: DataLocation | None
    mechanism: Required[str]
    pathOnCompute: Path | None


class DataReference(TypedDict, total=False):
    dataStoreName: Required[Reference]
    mode: Required[str]
    pathOnDataStore: Path | None
    pathOnCompute: Path | None


class DataPath(TypedDict, total=False):
    datastoreName: Reference | None
    relativePath: Path | None


class OutputLocation(TypedDict, total=False):
    dataPath: DataPath | None


class Globs(TypedDict, total=False):
    patterns: Items[str] | None


class UploadOptions(TypedDict, total=False):
    overwrite: bool | None
    sourceGlobs: Globs | None


class DatasetOptions(TypedDict, total=False):
    additionalTransformation: str | None


class RegistrationOptions(TypedDict, total=False):
    name: Reference | None
    description: str | None
    tags: Texts | None
    datasetRegistrationOptions: DatasetOptions | None


class OutputOptions(TypedDict, total=False):
    pathOnCompute: Path | None
    uploadOptions: UploadOptions | None
    registrationOptions: RegistrationOptions | None


class OutputData(TypedDict, total=False):
    mechanism: Required[str]
    outputLocation: OutputLocation | None
    additionalOptions: OutputOptions | None


class Configuration(RunConfiguration, total=False):
    data: Named[FileName, Data] | None
    dataReferences: Named[FileName, DataReference] | None  # noqa: N815 - as it is sent
    outputData: Named[FileName, OutputData] | None  # noqa: N815
    datacaches: Any


class Submission(TypedDict, total=False):
    Configuration: Required[Configuration]
    SnapshotId: Reference | None
    ParentRunId: Reference | None
    Tags: Texts | None
