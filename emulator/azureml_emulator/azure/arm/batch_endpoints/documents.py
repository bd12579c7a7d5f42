"""Batch endpoints and their deployments as they are kept: what was sent, and what the workspace says of them."""

import re
from typing import Any

from azureml_emulator.azure.arm.assets.references import asset_of
from azureml_emulator.azure.arm.batch_endpoints.shapes import (
    Configuration,
    Deployment,
    DeploymentProperties,
    Endpoint,
    EndpointProperties,
)
from azureml_emulator.azure.arm.resources import resource
from azureml_emulator.azure.arm.strictness import refuse_unknown
from azureml_emulator.errors import BadRequest, NotFound, NotSupported
from azureml_emulator.server.requests.shapes import shortened
from azureml_emulator.state.workspace import LOCATION, LocalWorkspace
from azureml_emulator.wire import Document

ENDPOINT, DEPLOYMENT = "batch endpoint", "batch deployment"
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9-]{1,30}[a-zA-Z0-9]")
"""https://learn.microsoft.com/azure/machine-learning/how-to-use-batch-pipeline-deployments: unique in a region."""
_AUTH_MODE = "AADToken"
_PIPELINE = "PipelineComponent"
_SETTINGS = ("default_compute", "default_datastore", "continue_on_step_failure", "force_rerun")
_WITHOUT_EFFECT = {
    "errorThreshold": -1,
    "maxConcurrencyPerInstance": 1,
    "miniBatchSize": 10,
    "outputFileName": "predictions.csv",
}
"""What SDK v2 sends along for a pipeline component, which has no use for it."""
_ANSWERED = ("provisioningState", "scoringUri", "swaggerUri")
"""What a client that sends back what it was answered sends along."""


def new_endpoint(workspace: LocalWorkspace, name: str, body: Document, known: Document | None) -> Document:
    """Raises BadRequest or NotSupported."""
    sent = body["properties"]
    _check(name, body, Endpoint, sent, EndpointProperties, "batch endpoints")
    if sent["authMode"].lower() != _AUTH_MODE.lower():
        raise NotSupported(f"batch endpoints with the authMode {shortened(sent['authMode'])}: they take AADToken")
    default = (sent.get("defaults") or {}).get("deploymentName") or None
    if default and workspace.store.find(DEPLOYMENT, f"{name}/{default}") is None:
        raise BadRequest(f"defaults.deploymentName: batch endpoint '{name}' has no deployment {shortened(default)}")
    given = {key: value for key, value in sent.items() if value is not None and key not in _ANSWERED}
    properties = {"properties": {}} | given | {"authMode": _AUTH_MODE, "defaults": {"deploymentName": default}}
    properties |= {"provisioningState": "Succeeded"}
    return _resource(workspace, f"batchEndpoints/{name}", properties, body, known)


def view(workspace: LocalWorkspace, endpoint: Document) -> Document:
    """The endpoint with today's address."""
    uri = f"{workspace.address.tls}/batch/{endpoint['name']}/jobs"
    return endpoint | {"properties": endpoint["properties"] | {"scoringUri": uri}}


def new_deployment(
    workspace: LocalWorkspace, endpoint: str, name: str, body: Document, known: Document | None
) -> Document:
    """Raises BadRequest or NotSupported."""
    sent = body["properties"]
    configuration = sent.get("deploymentConfiguration")
    if configuration is None or configuration["deploymentConfigurationType"] != _PIPELINE:
        kind = (configuration or {}).get("deploymentConfigurationType") or "Model"
        raise NotSupported(f"batch deployments of the kind {shortened(kind)}: deploy a pipeline component")
    _check(name, body, Deployment, sent, DeploymentProperties, "batch deployments")
    for key, value in _WITHOUT_EFFECT.items():
        if sent.get(key) not in (None, value):
            raise NotSupported(f"{key} of a batch deployment of a pipeline component, where it has no effect")
    given = {key: value for key, value in sent.items() if value is not None}
    given |= {"deploymentConfiguration": _configured(workspace, configuration), "provisioningState": "Succeeded"}
    path = f"batchEndpoints/{endpoint}/deployments/{name}"
    return _resource(workspace, path, {"properties": {}} | given, body, known)


def deployment_of(workspace: LocalWorkspace, endpoint: str, name: str) -> Document:
    """Raises NotFound."""
    found = workspace.store.find(DEPLOYMENT, f"{endpoint}/{name}")
    if found is None:
        raise NotFound(f"batch endpoint '{endpoint}' has no deployment {shortened(name)}")
    return found


def specification_of(workspace: LocalWorkspace, deployment: Document) -> Document:
    """Of its component. Raises BadRequest where that isn't there, or is no pipeline."""
    reference = deployment["properties"]["deploymentConfiguration"]["componentId"]["assetId"]
    return _specification(workspace, reference)


def _configured(workspace: LocalWorkspace, configuration: Document) -> Document:
    """Its settings are texts, as Azure answers them, whatever was sent."""
    refuse_unknown(configuration, Configuration.__annotations__, "deploymentConfiguration")
    component = configuration.get("componentId") or {"referenceType": None}
    if component["referenceType"] != "Id":
        raise BadRequest("deploymentConfiguration.componentId must be of the referenceType Id, with the assetId")
    _specification(workspace, component["assetId"])
    settings = {key: value for key, value in (configuration.get("settings") or {}).items() if value is not None}
    refuse_unknown(settings, _SETTINGS, "deploymentConfiguration.settings")
    return configuration | {"settings": {key: str(value) for key, value in settings.items()}}


def _specification(workspace: LocalWorkspace, reference: str) -> Document:
    specification: Document = asset_of(workspace, "components", reference)["properties"]["componentSpec"]
    if specification["type"] != "pipeline" or not specification.get("jobs"):
        raise BadRequest(f"{shortened(reference)} is no pipeline component: a batch endpoint starts only such")
    return specification


def _check(name: str, body: Document, shape: Any, properties: Document, inner: Any, what: str) -> None:
    if not _NAME.fullmatch(name):
        raise BadRequest(f"{shortened(name)} is no name for {what}: 3 to 32 letters, digits and '-', a letter first")
    refuse_unknown(body, shape.__annotations__, what)
    refuse_unknown(properties, (*inner.__annotations__, *_ANSWERED), what)


def _resource(
    workspace: LocalWorkspace, path: str, properties: Document, body: Document, known: Document | None
) -> Document:
    top = {"location": LOCATION, "tags": body.get("tags") or {}}
    return resource(workspace, path, properties, known) | top
