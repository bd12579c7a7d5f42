"""What endpoints and deployments must be like as they are sent."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from typing_extensions import NotRequired, Required, TypedDict

from azureml_emulator.azure.services.shapes import Key, Keys, Replicas
from azureml_emulator.server.requests.shapes import Named, Path, Reference, Texts, Variables

Share = Annotated[int, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
_LONGEST_TEXT = 4096
Text = Annotated[str, Field(max_length=_LONGEST_TEXT)]


def _name(text: str) -> str:
    """As Azure has it for endpoints and deployments, and SDK v2 checks it: validate_endpoint_or_deployment_name."""
    letters = text.replace("-", "")
    good = 3 <= len(text) <= 32 and text.isascii() and letters.isalnum() and text[0].isalpha() and text[-1] != "-"
    if not good:
        raise ValueError("3 to 32 letters, digits and hyphens that begin with a letter and don't end with a hyphen")
    return text


Name = Annotated[str, AfterValidator(_name)]


class Identity(TypedDict, total=False):
    type: Required[str]
    userAssignedIdentities: dict[str, Any] | None


class EndpointProperties(TypedDict, total=False):
    authMode: Required[str]
    compute: Reference | None
    description: Text | None
    properties: Texts | None
    traffic: Named[str, Share] | None
    mirrorTraffic: Named[str, Share] | None
    publicNetworkAccess: str | None
    keys: Keys | None


class Endpoint(TypedDict, total=False):
    location: str | None
    kind: str | None
    identity: Identity | None
    tags: Texts | None
    properties: Required[EndpointProperties]


class NewKeys(TypedDict):
    keyType: str
    keyValue: NotRequired[Key | None]


class Code(TypedDict, total=False):
    codeId: Required[Reference]
    scoringScript: Required[Path]


class RequestSettings(TypedDict, total=False):
    requestTimeout: str | None
    maxQueueWait: str | None
    maxConcurrentRequestsPerInstance: Count | None


class Probe(TypedDict, total=False):
    initialDelay: str | None
    period: str | None
    timeout: str | None
    successThreshold: Count | None
    failureThreshold: Count | None


class ScaleSettings(TypedDict, total=False):
    scaleType: Required[Literal["Default", "TargetUtilization"]]
    minInstances: Replicas | None
    maxInstances: Replicas | None
    pollingInterval: str | None
    targetUtilizationPercentage: Annotated[int, Field(ge=1, le=100)] | None


class Resources(TypedDict, total=False):
    cpu: str | None
    memory: str | None
    gpu: str | None


class ResourceRequirements(TypedDict, total=False):
    containerResourceRequests: Resources | None
    containerResourceLimits: Resources | None


class DeploymentProperties(TypedDict, total=False):
    endpointComputeType: Required[Literal["Managed", "Kubernetes"]]
    model: Reference | None
    environmentId: Reference | None
    codeConfiguration: Code | None
    description: Text | None
    properties: Texts | None
    environmentVariables: Variables | None
    instanceType: str | None
    appInsightsEnabled: bool | None
    requestSettings: RequestSettings | None
    livenessProbe: Probe | None
    readinessProbe: Probe | None
    scaleSettings: ScaleSettings | None
    containerResourceRequirements: ResourceRequirements | None


class Sku(TypedDict, total=False):
    name: str | None
    capacity: Replicas | None


class Deployment(TypedDict, total=False):
    location: str | None
    kind: str | None
    identity: Identity | None
    tags: Texts | None
    sku: Sku | None
    properties: Required[DeploymentProperties]


class Logs(TypedDict, total=False):
    tail: Annotated[int, Field(ge=0, le=1_000_000)] | None
    containerType: str | None
