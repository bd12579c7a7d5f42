"""What a compute target must be like."""

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import Required, TypedDict

from azureml_emulator.server.shapes import Named, Reference, Texts

Nodes = Annotated[int, Field(ge=0, le=5000)]


class ScaleSettings(TypedDict, total=False):
    minNodeCount: Nodes | None
    maxNodeCount: Nodes | None
    nodeIdleTimeBeforeScaleDown: str | None


class Details(TypedDict, total=False):
    vmSize: str | None
    vmPriority: str | None
    scaleSettings: ScaleSettings | None
    currentNodeCount: Nodes | None
    agentCount: Nodes | None
    agentVmSize: str | None
    loadBalancerType: str | None
    userAccountCredentials: Named[str, Any] | None


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


class ChangedProperties(TypedDict, total=False):
    properties: Details | None


class Change(TypedDict, total=False):
    identity: Identity | None
    properties: ChangedProperties | None
