"""How Azure ML says that replicas found no room.

As recorded in https://github.com/Azure/MachineLearningNotebooks/issues/832 and 1207, and in issue 1275 of what is said
before a deployment. There the states are Unschedulable and Failed; here it is always the first.
"""

from azureml_emulator.azure.services.scheduling.scheduler import Scheduler
from azureml_emulator.wire import Document

UNSCHEDULABLE = "Unschedulable"
_GAVE_UP = "Couldn't schedule because the kubernetes cluster didn't have available resources after trying for 00:05:00."


def gave_up(reason: str) -> Document:
    """The error of a service whose replicas waited in vain."""
    failure = no_room(reason)
    failure["details"].append({"code": "DeploymentFailed", "message": _GAVE_UP})
    return failure


def no_room(reason: str) -> Document:
    details = [{"code": UNSCHEDULABLE, "message": reason}]
    return {"code": "KubernetesError", "statusCode": 400, "message": "Kubernetes Deployment Error", "details": details}


def is_no_room(error: Document | None) -> bool:
    return any(detail.get("code") == UNSCHEDULABLE for detail in (error or {}).get("details", []))


def refusal_before(scheduler: Scheduler, service: Document) -> str | None:
    """What the SDK is told before it deploys, which by all records counts processors and memory only."""
    scaler, asked = service.get("autoScaler") or {}, service.get("containerResourceRequirements") or {}
    wanted = int(service.get("numReplicas") or scaler.get("minReplicas") or 1)
    missing = wanted - scheduler.room(service, wanted, gpus=False)
    if not missing:
        return None
    replicas = f"{missing} replica{'s' if missing > 1 else ''}"
    each = f"{asked.get('cpu') or 0:g} CPU Cores, {asked.get('memoryInGB') or 0:g}GB Memory"
    return (
        f"Deployment request failed due to insufficient compute resource. For the specified compute target, {replicas} "
        f"cannot be created per specified CPU/Memory configuration({each}). You can address this problem by adjusting "
        "number of replicas, using a different CPU/memory configuration, or using a different compute target."
    )
