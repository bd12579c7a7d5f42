"""What a compute target must be like."""

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import Required, TypedDict

from azureml_emulator.server.requests.shapes import Items, Named, Reference, Texts

Nodes = Annotated[int, Field(ge=0, le=5000)]


class ScaleSettings(TypedDict, total=False):
    minNodeCount: Nodes | None
    maxNodeCount: Nodes | None
    nodeIdleTimeBeforeScaleDown: str | None


class TypeResources(TypedDict, total=False):
    requests: Texts | None
    limits: Texts | None


class InstanceType(TypedDict, total=False):
    nodeSelector: Texts | None
    resources: TypeResources | None


class Details(TypedDict, total=False):
    vmSize: str | None
    vmPriority: str | None
    scaleSettings: ScaleSettings | None
    currentNodeCount: Nodes | None
    agentCount: Nodes | None
    agentVmSize: str | None
    loadBalancerType: str | None
    userAccountCredentials: Named[str, Any] | None
    namespace: Reference | None
    defaultInstanceType: Reference | None
    instanceTypes: Named[str, InstanceType] | None


class Properties(TypedDict, total=False):
    computeType: Required[str]
    computeLocation: str | None
    description: str | None
    resourceId: Reference | None
    properties: Details | None


class Identity(TypedDict, total=False):
    type: str | None
    userAssignedIdentities: Named[str, Any] | None


class Target(TypedDict, total=False):
    location: str | None
    tags: Texts | None
    identity: Identity | None
    properties: Required[Properties]


class NodePool(TypedDict, total=False):
    name: Required[Reference]
    vmSize: Required[Reference]
    count: Required[Annotated[int, Field(ge=0, le=1000)]]
    osType: str | None
    mode: str | None
    nodeTaints: Items[str] | None
    maxPods: Annotated[int, Field(ge=10, le=250)] | None


class Network(TypedDict, total=False):
    loadBalancerSku: Reference


class ManagedClusterProperties(TypedDict, total=False):
    kubernetesVersion: Reference | None
    disableLocalAccounts: bool
    networkProfile: Network | None
    agentPoolProfiles: Required[Annotated[Items[NodePool], Field(min_length=1, max_length=100)]]


class ManagedCluster(TypedDict, total=False):
    location: Reference | None
    tags: Texts | None
    identity: Named[str, Any] | None
    properties: Required[ManagedClusterProperties]


class ChangedProperties(TypedDict, total=False):
    properties: Details | None


class Change(TypedDict, total=False):
    identity: Identity | None
    properties: ChangedProperties | None
