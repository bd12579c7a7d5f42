"""What a service must be like, as it is sent and as it is after an update."""

from typing import Annotated

from pydantic import AfterValidator, Field
from typing_extensions import NotRequired, Required, TypedDict

from azureml_emulator.azure.assets.environments.shapes import Environment
from azureml_emulator.server.requests.shapes import Items, Number, Path, Reference, Scalars


def _period(seconds: float) -> float:
    """What is done again and again leaves time for other things."""
    if 0 < seconds < _SHORTEST_PERIOD:
        raise ValueError(f"at least {_SHORTEST_PERIOD}")
    return seconds


_SHORTEST_PERIOD = 0.1
Replicas = Annotated[int, Field(ge=0, le=1000)]
Period = Annotated[float, AfterValidator(_period), Field(le=1_000_000, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]


class Resources(TypedDict, total=False):
    cpu: Number | None
    cpuLimit: Number | None
    memoryInGB: Number | None
    memoryInGBLimit: Number | None
    gpu: Annotated[int, Field(ge=0, le=64)] | None


class AutoScaler(TypedDict, total=False):
    autoscaleEnabled: bool | None
    minReplicas: Replicas | None
    maxReplicas: Replicas | None
    refreshPeriodInSeconds: Period | None
    targetUtilization: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] | None


class Probe(TypedDict, total=False):
    periodSeconds: Period | None
    initialDelaySeconds: Seconds | None
    timeoutSeconds: Seconds | None
    successThreshold: Number | None
    failureThreshold: Number | None


def _key(text: str) -> str:
    """It is sent in a header."""
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise ValueError("printable ASCII without spaces")
    return text


Key = Annotated[Reference, AfterValidator(_key)]


class Keys(TypedDict, total=False):
    primaryKey: Key | None
    secondaryKey: Key | None


class Asset(TypedDict, total=False):
    id: Required[Path]
    url: Required[Path]
    unpack: bool | None


class ImageRequest(TypedDict, total=False):
    environment: Environment | None
    modelIds: Items[Reference] | None
    assets: Items[Asset] | None


class Service(TypedDict, total=False):
    name: Reference
    computeType: str
    computeName: Reference | None
    description: str | None
    kvTags: Scalars | None
    properties: Scalars | None
    keys: Keys | None
    overwrite: bool | None
    environmentImageRequest: ImageRequest | None
    containerResourceRequirements: Resources | None
    numReplicas: Replicas | None
    autoScaler: AutoScaler | None
    livenessProbeRequirements: Probe | None
    maxConcurrentRequestsPerContainer: Annotated[float, Field(le=1_000_000, allow_inf_nan=False)] | None
    maxQueueWaitMs: Number | None
    scoringTimeoutMs: Number | None
    authEnabled: bool | None
    aadAuthEnabled: bool | None


class NewKey(TypedDict):
    keyType: str
    keyValue: NotRequired[Key | None]
