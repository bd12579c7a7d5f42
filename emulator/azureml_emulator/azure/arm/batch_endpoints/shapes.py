"""What a batch endpoint, its deployments and what invokes it must be like."""

from typing import Any

from typing_extensions import Required, TypedDict

from azureml_emulator.server.requests.shapes import FileName, Named, Reference, Scalar, Texts


class Defaults(TypedDict, total=False):
    deploymentName: Reference | None


class EndpointProperties(TypedDict, total=False):
    authMode: Required[Reference]
    description: str | None
    properties: Texts | None
    defaults: Defaults | None


class Endpoint(TypedDict, total=False):
    location: Reference | None
    tags: Texts | None
    properties: Required[EndpointProperties]


class ComponentId(TypedDict, total=False):
    referenceType: Required[str]
    assetId: Required[Reference]


class Configuration(TypedDict, total=False):
    deploymentConfigurationType: Required[str]
    componentId: ComponentId
    settings: Named[str, Scalar | None] | None
    description: str | None
    tags: Texts | None


class DeploymentProperties(TypedDict, total=False):
    deploymentConfiguration: Configuration | None
    description: str | None
    properties: Texts | None
    errorThreshold: int | None
    maxConcurrencyPerInstance: int | None
    miniBatchSize: int | None
    outputFileName: str | None


class Deployment(TypedDict, total=False):
    location: Reference | None
    tags: Texts | None
    properties: Required[DeploymentProperties]


class InputData(TypedDict, total=False):
    jobInputType: str | None
    value: Scalar | None
    uri: Reference | None
    mode: str | None


class OutputData(TypedDict, total=False):
    jobOutputType: str | None
    uri: Reference | None
    mode: str | None


class Invocation(TypedDict, total=False):
    name: FileName | None
    inputData: Named[FileName, InputData] | None
    outputData: Named[FileName, OutputData] | None
    properties: Named[str, Any] | None
