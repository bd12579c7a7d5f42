"""What a model, and the asset that holds its files, must be like."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field
from typing_extensions import Required, TypedDict

from azureml_emulator.server.requests.shapes import Items, Number, Path, Reference, Scalars


def _place(artifact: Any) -> Any:
    """ORIGIN/CONTAINER, and a path in there: what a model's files are looked for by."""
    if len((artifact.get("prefix") or artifact.get("id") or "").strip("/").split("/")) < 2:
        raise ValueError("an object with a prefix or an id, ORIGIN/CONTAINER/PATH")
    return artifact


class Artifact(TypedDict, total=False):
    id: Path | None
    prefix: Path | None


class Asset(TypedDict, total=False):
    name: str | None
    description: str | None
    artifacts: Required[Items[Annotated[Artifact, AfterValidator(_place)]]]
    kvTags: Scalars | None
    properties: Scalars | None


class Resources(TypedDict, total=False):
    cpu: Number | None
    memoryInGB: Number | None
    gpu: Annotated[int, Field(ge=0, le=64)] | None


class Model(TypedDict, total=False):
    name: Required[Reference]
    description: str | None
    url: Path | None
    mimeType: str | None
    unpack: bool | None
    framework: str | None
    frameworkVersion: str | None
    runId: Reference | None
    experimentName: str | None
    parentModelId: Reference | None
    kvTags: Scalars | None
    properties: Scalars | None
    datasets: Items[Any] | None
    derivedModelIds: Items[Reference] | None
    resourceRequirements: Resources | None
    sampleInputData: Reference | None
    sampleOutputData: Reference | None
    inputsSchema: Items[Any] | None
    outputsSchema: Items[Any] | None
