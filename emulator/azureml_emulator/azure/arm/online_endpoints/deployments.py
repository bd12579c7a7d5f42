"""A deployment as the engine of web services has it: a service named ENDPOINT/DEPLOYMENT, with its resource."""

from pathlib import Path
from typing import Any

from azureml_emulator.azure.arm.assets.codes import code_folder
from azureml_emulator.azure.arm.assets.environments import definition_of
from azureml_emulator.azure.arm.assets.models import model_files_of
from azureml_emulator.azure.arm.online_endpoints.endpoints import path_of
from azureml_emulator.azure.arm.online_endpoints.requirements import of_size, on_cluster
from azureml_emulator.azure.arm.online_endpoints.settings import probes, request_limits, scaling
from azureml_emulator.azure.arm.online_endpoints.shapes import (
    Code,
    Deployment,
    DeploymentProperties,
    Probe,
    RequestSettings,
    ResourceRequirements,
    ScaleSettings,
)
from azureml_emulator.azure.arm.resources import resource
from azureml_emulator.azure.arm.strictness import refuse_unknown
from azureml_emulator.azure.services.documents import noted, without_notes
from azureml_emulator.azure.services.replicas.image import MODELS
from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.server.requests.shapes import shortened
from azureml_emulator.state.workspace import LOCATION, LocalWorkspace
from azureml_emulator.wire import Document, now

_REFUSED = {
    "dataCollector": "data collection (data_collector)",
    "modelMountPath": "another place for models (model_mount_path): they are below AZUREML_MODEL_DIR",
    "privateNetworkConnection": "private networks of deployments",
    "identity": "identities of deployments: an endpoint has one",
}
_NO_CODE = (
    "deployments without code_configuration: give a scoring script and an environment. Which entry script would serve "
    "a model of MLflow or Triton is a matter of Azure's own images"
)
_REPLACES = (
    *("environmentImageRequest", "sources", "codeFolder", "models", "containerResourceRequirements"),
    *("livenessProbeRequirements", "readinessProbeRequirements"),
)
_RESIZES = ("numReplicas", "autoScaler")
_PARTS: dict[str, Any] = {
    "codeConfiguration": Code,
    "requestSettings": RequestSettings,
    "livenessProbe": Probe,
    "readinessProbe": Probe,
    "scaleSettings": ScaleSettings,
    "containerResourceRequirements": ResourceRequirements,
}
"""Of a deployment's properties: those that hold others."""
_STATES = {"Healthy": "Succeeded", "Transitioning": "Creating"}


def new_deployment(
    workspace: LocalWorkspace, endpoint: Document, name: str, body: Document, known: Document | None
) -> Document:
    """The deployment after a PUT, all of which is new. Raises BadRequest or NotSupported."""
    given = body["properties"]
    refuse_unknown(body, [key for key in Deployment.__annotations__ if key != "identity"], "a deployment", _REFUSED)
    _check_kind(endpoint, given)
    sku, moment = body.get("sku") or {}, now()
    if sku.get("name") not in (None, "Default"):
        raise NotSupported(f"the sku {shortened(sku['name'])} of a deployment: it is Default")
    service = {
        "name": f"{endpoint['name']}/{name}",
        "computeType": endpoint["computeType"],
        "computeName": endpoint["computeName"],
        **_image(workspace, given),
        "containerResourceRequirements": _requirements(workspace, endpoint, given),
        **request_limits(given),
        **probes(given),
        **scaling(given, sku.get("capacity")),
        "appInsightsEnabled": bool(given.get("appInsightsEnabled")),
        "state": "Transitioning",
        "error": None,
        "deploymentStatus": None,
        "createdTime": moment,
        "updatedTime": moment,
        "resource": _resource(workspace, endpoint["name"], name, body, known),
    }
    return _kept(service, known) if known else service


def view(workspace: LocalWorkspace, service: Document) -> Document:
    """The resource with the state of this moment, with notes on GPUs and Application Insights."""
    made: Document = service["resource"]
    state = _STATES.get(service["state"], "Failed")
    notes = noted(workspace, service, made["properties"]["properties"])
    changing = "Updating" if state == "Creating" and "_before" in service else state
    return made | {"properties": made["properties"] | {"properties": notes, "provisioningState": changing}}


def change_between(before: Document, after: Document) -> str | None:
    """What an update asks of the replicas: "replace" or "resize" them; None for what only the router reads."""
    if any(before.get(key) != after.get(key) for key in _REPLACES):
        return "replace"
    return "resize" if any(before.get(key) != after.get(key) for key in _RESIZES) else None


def _kept(service: Document, known: Document) -> Document:
    """With what an update leaves: how the deployment is, and how many replicas its scaling has found right."""
    before, after = known.get("autoScaler") or {}, service.get("autoScaler") or {}
    if before.get("autoscaleEnabled") and after.get("autoscaleEnabled"):
        count = min(max(known["numReplicas"], after["minReplicas"]), after["maxReplicas"])
        service["numReplicas"] = count
    return service | {key: known[key] for key in ("state", "error", "deploymentStatus", "createdTime")}


def _check_kind(endpoint: Document, given: Document) -> None:
    asked, kind = given["endpointComputeType"], endpoint["computeType"]
    if asked != kind:
        raise BadRequest(f"endpointComputeType {asked}: endpoint '{endpoint['name']}' is {kind}")
    known = (*DeploymentProperties.__annotations__, "provisioningState")
    own = [key for key in known if key != "containerResourceRequirements" or kind == "Kubernetes"]
    network = {"egressPublicNetworkAccess"} if given.get("egressPublicNetworkAccess") == "Enabled" else set()
    refuse_unknown(given, {*own, *network}, f"a {kind} deployment", _REFUSED)
    for key, shape in _PARTS.items():
        refuse_unknown(given.get(key) or {}, shape.__annotations__, f"{key} of a deployment")


def _requirements(workspace: LocalWorkspace, endpoint: Document, given: Document) -> Document:
    if endpoint["computeName"] is None:
        return of_size(given.get("instanceType"))
    return on_cluster(workspace.store.get("compute", endpoint["computeName"]), given)


def _image(workspace: LocalWorkspace, given: Document) -> Document:
    """What each replica finds, and where that comes from. Raises BadRequest for what isn't there."""
    code = given.get("codeConfiguration")
    if not code:
        raise NotSupported(_NO_CODE)
    if not given.get("environmentId"):
        raise BadRequest("a deployment with a scoring script needs an environment (environmentId)")
    folder, script = code_folder(workspace, code["codeId"]), code["scoringScript"]
    if script.startswith("/") or not (folder / script).is_file():
        raise BadRequest(f"scoringScript {shortened(script)} is not in the code of the deployment, below its folder")
    definition = definition_of(workspace, given["environmentId"])
    variables = (definition.get("environmentVariables") or {}) | (given.get("environmentVariables") or {})
    definition |= {"environmentVariables": variables | {"AZUREML_ENTRY_SCRIPT": script}}
    target = folder.name if folder.name != MODELS else "code"
    sources = [_source(workspace, folder, target, code["codeId"])]
    models, of_models = _models(workspace, given.get("model"))
    return {
        "environmentImageRequest": {"environment": definition},
        "models": models,
        "sources": sources + of_models,
        "codeFolder": target,
    }


def _models(workspace: LocalWorkspace, reference: str | None) -> tuple[list[Document], list[Document]]:
    """As a service names its models, and their files."""
    if not reference:
        return [], []
    found = model_files_of(workspace, reference)
    model: Document = {"id": f"{found.name}:{found.version}", "name": found.name, "version": found.version}
    below = f"{MODELS}/{found.name}/{found.version}"
    return [model], [_source(workspace, file, f"{below}/{file.name}", reference) for file in found.files]


def _source(workspace: LocalWorkspace, file: Path, target: str, asset: str) -> Document:
    """Below the state folder, which may be moved."""
    return {"from": str(file.relative_to(workspace.folder)), "to": target, "asset": asset}


def _resource(workspace: LocalWorkspace, endpoint: str, name: str, body: Document, known: Document | None) -> Document:
    """As it was sent, with the keys that SDK v2 reads in any case."""
    given = {key: value for key, value in body["properties"].items() if value is not None}
    properties = {"environmentVariables": {}, "scaleSettings": {"scaleType": "Default"}} | given
    if given["endpointComputeType"] == "Kubernetes":
        properties = {"containerResourceRequirements": {}} | properties
    properties["properties"] = without_notes(given.get("properties") or {})
    made = resource(workspace, f"{path_of(endpoint)}/deployments/{name}", properties, (known or {}).get("resource"))
    sku = {"name": "Default", "capacity": 1} | {k: v for k, v in (body.get("sku") or {}).items() if v is not None}
    made |= {"location": body.get("location") or LOCATION, "tags": body.get("tags") or {}, "sku": sku}
    return made | {"kind": properties["endpointComputeType"]}
