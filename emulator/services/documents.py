"""A web service as a document, with every key that the SDK insists on."""

import copy
import re

from emulator.errors import BadRequest, NotSupported
from emulator.store import Store
from emulator.tokens import service_key
from emulator.wire import Document, now
from emulator.workspace import LocalWorkspace

_PATCHABLE_RESTART = ("/environmentImageRequest", "/containerResourceRequirements", "/numReplicas")
_DEFAULTS: Document = {
    "appInsightsEnabled": False,
    "authEnabled": True,
    "aadAuthEnabled": False,
    "containerResourceRequirements": {"cpu": 0.1, "memoryInGB": 0.5},
    "dataCollection": {"eventHubEnabled": False, "storageEnabled": False},
    "maxConcurrentRequestsPerContainer": 1,
    "maxQueueWaitMs": 500,
    "numReplicas": None,
    "scoringTimeoutMs": 60000,
    "isDefault": None,
    "trafficPercentile": None,
    "type": None,
    "namespace": None,
}
_AUTOSCALER = ("autoscaleEnabled", "maxReplicas", "minReplicas", "refreshPeriodInSeconds", "targetUtilization")
_PROBE = {
    "periodSeconds": 10,
    "initialDelaySeconds": 310,
    "timeoutSeconds": 2,
    "successThreshold": 1,
    "failureThreshold": 3,
}


def new_service(store: Store, body: Document) -> Document:
    """Raises NotSupported or BadRequest for what the emulator cannot host."""
    if not re.fullmatch("[a-z][a-z0-9-]{2,31}", body["name"]):
        raise BadRequest(f"the service name '{body['name']}' is not 3 to 32 lower case letters, digits and hyphens")
    if body["computeType"] != "AKS":
        raise NotSupported(f"services on {body['computeType']}")
    if body.get("aadAuthEnabled"):
        raise NotSupported("token authentication of services: use keys")
    scaler = body.get("autoScaler") or {}
    if scaler.get("autoscaleEnabled") or not body.get("numReplicas"):
        raise NotSupported("autoscaling: give num_replicas and autoscale_enabled=False")
    store.get("compute", body["computeName"])
    if not (body.get("environmentImageRequest") or {}).get("environment"):
        raise BadRequest("the deployment has no environment: give InferenceConfig(environment=…)")
    keys = body.get("keys") or {}
    given = {key: body[key] for key in _DEFAULTS if body.get(key) is not None}
    moment = now()
    return {
        "name": body["name"],
        "computeType": "AKS",
        "computeName": body["computeName"],
        "description": body.get("description"),
        "kvTags": body.get("kvTags") or {},
        "properties": body.get("properties") or {},
        "autoScaler": dict.fromkeys(_AUTOSCALER) | {"autoscaleEnabled": False} | scaler,
        "livenessProbeRequirements": _PROBE | (body.get("livenessProbeRequirements") or {}),
        "environmentImageRequest": body["environmentImageRequest"],
        "models": models_of(store, body["environmentImageRequest"]),
        "imageId": None,
        "imageDigest": None,
        "state": "Transitioning",
        "error": None,
        "deploymentStatus": None,
        "createdTime": moment,
        "updatedTime": moment,
        "createdBy": {"userName": "local"},
        "_keys": {key: keys.get(key) or service_key() for key in ("primaryKey", "secondaryKey")},
        **(_DEFAULTS | given),
    }


def models_of(store: Store, image: Document) -> list[Document]:
    return [store.get("model", model_id) for model_id in image.get("modelIds") or []]


def needs_rollout(operations: list[Document]) -> bool:
    """Whether a patch changes what runs, rather than only tags and limits of the router."""
    return any(operation["path"].startswith(_PATCHABLE_RESTART) for operation in operations)


def revision(service: Document) -> Document:
    """What an update may change, to go back to: all but the service's state, its keys and its past."""
    kept = ("state", "error", "deploymentStatus", "createdTime", "updatedTime")
    public = {key: value for key, value in service.items() if not key.startswith("_") and key not in kept}
    return copy.deepcopy(public)


def view(workspace: LocalWorkspace, service: Document) -> Document:
    """The service as clients see it: without keys, with today's address."""
    shown = {key: value for key, value in service.items() if not key.startswith("_")}
    return shown | {"scoringUri": f"{workspace.address.http}/api/v1/service/{service['name']}/score"}


def token_purpose(name: str) -> str:
    """What the access tokens of a service are issued for."""
    return f"service {name}"
