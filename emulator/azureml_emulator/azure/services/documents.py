"""A web service as a document, with every key that the SDK insists on."""

import copy
import re

from azureml_emulator.azure.computes.gpus import gpu_note
from azureml_emulator.azure.services.insights import insights_note
from azureml_emulator.azure.services.no_code import check_no_code
from azureml_emulator.azure.services.shapes import Service
from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.server.requests import shapes
from azureml_emulator.server.requests.body import an_object
from azureml_emulator.state.credentials.tokens import service_key
from azureml_emulator.state.store import Store
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document, now

_RESTARTS = ("/environmentImageRequest", "/containerResourceRequirements", "/livenessProbeRequirements")
_RESIZES = ("/numReplicas", "/autoScaler")
_RESOURCES = {"cpu": 0.1, "memoryInGB": 0.5}
_COMMON: Document = {
    "appInsightsEnabled": False,
    "authEnabled": True,
    "aadAuthEnabled": False,
    "dataCollection": {"eventHubEnabled": False, "storageEnabled": False},
    "containerResourceRequirements": _RESOURCES,
}
_PROBE = {
    "periodSeconds": 10,
    "initialDelaySeconds": 310,
    "timeoutSeconds": 2,
    "successThreshold": 1,
    "failureThreshold": 3,
}
_AUTOSCALER = {
    "autoscaleEnabled": False,
    "minReplicas": 1,
    "maxReplicas": 10,
    "refreshPeriodInSeconds": 1,
    "targetUtilization": 70,
}
_AKS: Document = {
    **_COMMON,
    "containerResourceRequirements": dict.fromkeys(("cpuLimit", "memoryInGBLimit", "gpu")) | _RESOURCES,
    "numReplicas": None,
    "autoScaler": _AUTOSCALER,
    "livenessProbeRequirements": _PROBE,
    "maxConcurrentRequestsPerContainer": 1,
    "maxQueueWaitMs": 500,
    "scoringTimeoutMs": 60000,
    "namespace": None,
    "isDefault": None,
    "trafficPercentile": None,
    "type": None,
}
_ACI: Document = {
    **_COMMON,
    "authEnabled": False,
    "numReplicas": 1,
    "cname": None,
    "dnsNameLabel": None,
    "location": "local",
    "publicIp": None,
    "sslCertificate": None,
    "sslEnabled": False,
    "sslKey": None,
}
_ABOVE_ZERO = {
    "": ("maxConcurrentRequestsPerContainer", "scoringTimeoutMs"),
    "autoScaler": ("minReplicas", "maxReplicas", "refreshPeriodInSeconds", "targetUtilization"),
    "livenessProbeRequirements": ("periodSeconds", "timeoutSeconds", "successThreshold", "failureThreshold"),
}
_GPU = "localWorkspaceGpu"
"""Property that says which replicas have which GPUs."""
_INSIGHTS = "localWorkspaceAppInsights"
"""Property that says that nothing is sent to Application Insights."""
_NAME = "localWorkspaceDnsName"
"""Property that says that a name leads nowhere."""
_ALWAYS = ("name", "computeType", "computeName", "description", "kvTags", "properties", "keys", "overwrite")
_WITHOUT_EFFECT = ("storageInitEnabled", "location")
_REFUSED = {
    "dataCollection": "data collection (collect_model_data)",
    "sslEnabled": "SSL of services: a scoring URI is plain HTTP on loopback",
    "cname": "names for services (ssl_cname): a scoring URI is on loopback",
    "encryptionProperties": "customer-managed keys",
    "vnetConfiguration": "virtual networks",
    "imageId": "images of models: deploy with InferenceConfig(environment=…)",
}


def new_service(store: Store, body: Document) -> Document:
    """Raises NotSupported or BadRequest for what the emulator cannot host."""
    if not re.fullmatch("[a-z][a-z0-9-]{2,31}", body["name"]):
        raise BadRequest(f"the service name '{body['name']}' is not 3 to 32 lower case letters, digits and hyphens")
    defaults = _defaults(body["computeType"])
    _refuse_unknown(body, defaults)
    keys, moment = body.get("keys") or {}, now()
    service = {
        "name": body["name"],
        "computeType": body["computeType"],
        "computeName": body.get("computeName"),
        "description": body.get("description"),
        "kvTags": body.get("kvTags") or {},
        "properties": body.get("properties") or {},
        "environmentImageRequest": body.get("environmentImageRequest"),
        "imageId": None,
        "imageDigest": None,
        "state": "Transitioning",
        "error": None,
        "deploymentStatus": None,
        "createdTime": moment,
        "updatedTime": moment,
        "_keys": {key: keys.get(key) or service_key() for key in ("primaryKey", "secondaryKey")},
        **{key: _filled(default, body.get(key)) for key, default in defaults.items()},
    }
    if body.get("aadAuthEnabled") and body.get("authEnabled") is None:
        service["authEnabled"] = False
    if body["computeType"] == "AKS" and not body.get("numReplicas") and not body.get("autoScaler"):
        service["autoScaler"]["autoscaleEnabled"] = True  # as documented for deploy_configuration()
    return checked(store, service)


def _defaults(compute_type: str) -> Document:
    if compute_type == "AKSENDPOINT":
        raise NotSupported("AksEndpoint, whose versions share a scoring URI: deploy an AksWebservice for each")
    if compute_type not in ("AKS", "ACI"):
        raise NotSupported(f"services on {compute_type}")
    return copy.deepcopy(_AKS if compute_type == "AKS" else _ACI)


def _refuse_unknown(body: Document, defaults: Document) -> None:
    known = {*defaults, *_ALWAYS, *_WITHOUT_EFFECT, *_REFUSED, "environmentImageRequest"}
    if unknown := sorted(key for key, value in body.items() if key not in known and value is not None):
        raise NotSupported(f"{', '.join(unknown)} of a service")
    _refuse(body)


def _refuse(values: Document) -> None:
    for key, what in _REFUSED.items():
        value = values.get(key)
        if any(value.values()) if isinstance(value, dict) else value:
            raise NotSupported(what)


def _whole(service: Document, defaults: Document) -> Document:
    """With the defaults in the place of what a patch removed, or set to null."""
    texts: Document = {"kvTags": {}, "properties": {}, "description": None, "environmentImageRequest": None}
    return service | {key: _filled(default, service.get(key)) for key, default in (texts | defaults).items()}


def _filled(default: object, given: object) -> object:
    """What was given; the default for nothing, also inside of a document."""
    if isinstance(default, dict) and isinstance(given, dict):
        return default | {key: value for key, value in given.items() if value is not None}
    return default if given is None else given


def patched(store: Store, service: Document, paths: list[str]) -> Document:
    """The service after a patch of `paths`. Raises NotSupported or BadRequest."""
    defaults = _defaults(service["computeType"])
    known = {*defaults, "kvTags", "properties", "description", "environmentImageRequest"}
    tops = {path.strip("/").split("/")[0] for path in paths}
    if unknown := sorted(tops - known - set(_REFUSED)):
        raise NotSupported(f"an update of {', '.join(unknown)} of a service")
    service = _whole(shapes.checked(Service, service, "the service"), defaults)
    scaled = (service.get("autoScaler") or {}).get("autoscaleEnabled")
    if scaled and "numReplicas" in tops:
        raise BadRequest("the service is scaled by itself: give autoscale_enabled=False with num_replicas")
    return checked(store, service | {"updatedTime": now()})


def checked(store: Store, service: Document) -> Document:
    """The service with its models and as many replicas as its autoscaler allows. Raises NotSupported or BadRequest."""
    _refuse(service)
    image = service["environmentImageRequest"] or {}
    models = [store.get("model", model_id) for model_id in image.get("modelIds") or []]
    if not image.get("environment"):
        check_no_code(models)
    if service["aadAuthEnabled"] and service["authEnabled"]:
        raise BadRequest(
            "a service asks for keys or for tokens, not for both: auth_enabled=False, or no token_auth_enabled"
        )
    if service["computeType"] == "AKS":
        store.get("compute", service["computeName"])
        _check_numbers(service)
        service["numReplicas"] = _replicas(service)
    return service | {"models": models}


def _check_numbers(service: Document) -> None:
    """The SDK lets some of them through where they are 0. Raises BadRequest."""
    for group, names in _ABOVE_ZERO.items():
        values = an_object(service[group], group) if group else service
        for name in names:
            if type(values.get(name)) not in (int, float) or values[name] <= 0:
                raise BadRequest(f"{name} of a service is a number above 0, not {shapes.shortened(values.get(name))}")


def _replicas(service: Document) -> int:
    scaler, count = service["autoScaler"], service["numReplicas"]
    low, high = int(scaler["minReplicas"]), int(scaler["maxReplicas"])
    if not scaler["autoscaleEnabled"]:
        if not isinstance(count, int) or count < 1:
            raise BadRequest("num_replicas is a number above 0, or autoscale_enabled=True")
        return count
    if not 1 <= low <= high:
        raise BadRequest(f"autoscaling from {low} to {high} replicas: give at least 1, and not more than the maximum")
    return min(max(count or low, low), high)


def change_of(paths: list[str]) -> str | None:
    """What a patch asks of the replicas: "replace" or "resize" them; None for what only the router reads."""
    if any(path.startswith(_RESTARTS) for path in paths):
        return "replace"
    return "resize" if any(path.startswith(_RESIZES) for path in paths) else None


def revision(service: Document) -> Document:
    """What an update may change, to go back to: all but the service's state, its keys and its past."""
    kept = ("state", "error", "deploymentStatus", "createdTime", "updatedTime", "operationId")
    public = {key: value for key, value in service.items() if not key.startswith("_") and key not in kept}
    return copy.deepcopy(public)


def deployment_status(wanted: int, running: int) -> Document:
    return {"desiredReplicas": wanted, "availableReplicas": running, "updatedReplicas": running, "error": None}


def view(workspace: LocalWorkspace, service: Document) -> Document:
    """The service as clients see it: without keys, with today's address."""
    shown = {key: value for key, value in service.items() if not key.startswith("_")}
    shown["properties"] = noted(workspace, service, service["properties"])
    return shown | {"scoringUri": f"{workspace.address.http}/api/v1/service/{service['name']}/score"}


def noted(workspace: LocalWorkspace, service: Document, properties: object) -> Document:
    """Properties of the service, with what there is to say of this moment: a replica that dies may come back on another
    GPU.
    """
    label = service.get("dnsNameLabel")
    notes = {_GPU: gpu_note(workspace, service).strip(), _INSIGHTS: insights_note(service).strip()}
    notes[_NAME] = f"dns_name_label '{label}' leads nowhere: the scoring URI is on loopback" if label else ""
    return without_notes(properties) | {key: note for key, note in notes.items() if note}


def without_notes(properties: object) -> Document:
    """A client may send back what it was answered."""
    given = properties if isinstance(properties, dict) else {}
    return {key: value for key, value in given.items() if key not in (_GPU, _INSIGHTS, _NAME)}


def web_services(store: Store) -> list[Document]:
    """Those of SDK v1: the deployments of online endpoints are none."""
    return [service for service in store.all("service") if service["computeType"] in ("AKS", "ACI")]
