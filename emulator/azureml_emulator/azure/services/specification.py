"""What model management's specification has beside the keys that SDK v1 reads: modelManagement.json, 2020-09-01."""

from azureml_emulator.state.user import USER
from azureml_emulator.wire import Document

_OF_ALL: Document = {
    "createdBy": USER,
    "deploymentType": "HttpRealtimeEndpoint",
    "endpointName": None,
    "modelConfigMap": {},
}
_OF_KIND: dict[str, Document] = {
    "AKS": {
        "environmentVariables": None,
        "instanceType": None,
        "readinessProbeRequirements": None,
        "storageInitEnabled": False,
    },
    "ACI": {"encryptionProperties": None, "publicFqdn": None, "vnetConfiguration": None},
}
_NOT_OF_ACI = ("aadAuthEnabled", "computeName", "deploymentStatus", "numReplicas")


def specified(service: Document) -> Document:
    """A service with a scoring URI, with all keys that one of its kind has, and no others."""
    kind = service["computeType"]
    known = _OF_ALL | _OF_KIND.get(str(kind), {}) | {"id": service["name"], "operationId": None}
    hidden = _NOT_OF_ACI if kind == "ACI" else ()
    swagger = service["scoringUri"].rpartition("/")[0] + "/swagger.json"
    return known | {key: value for key, value in service.items() if key not in hidden} | {"swaggerUri": swagger}


def operation_view(operation: Document) -> Document:
    """An operation as clients see it: where it is about, only when that is there."""
    succeeded = operation["state"] == "Succeeded"
    return {
        "id": operation["id"],
        "operationType": operation["kind"],
        "state": operation["state"],
        "createdTime": operation["createdTime"],
        "endTime": operation.get("endTime"),
        "error": operation["error"],
        "resourceLocation": operation.get("resource") if succeeded else None,
        "operationLog": None,
        "streamingOperationLog": None,
        "operationDetails": {"subOperationType": "DeployService", "subOperationState": operation["state"]},
        "operationRunInfo": None,
        "parentRequestId": None,
    }
