"""What a job may ask for that the local workspace would have to ignore, and so refuses."""

from collections.abc import Collection, Mapping
from typing import Any

from azureml_emulator.azure.arm.jobs.keys import IDENTITY
from azureml_emulator.azure.arm.strictness import refuse_unknown
from azureml_emulator.errors import NotSupported

_KINDS = "the local workspace runs commands and pipelines of command components"
_SHARED_MEMORY = "2g"
"""What the SDK sends where nothing is said."""
REFUSED = {
    "services": "interactive services: leave services out",
    "notificationSetting": "e-mail notifications: leave notification_setting out",
    "secretsConfiguration": "secrets that are set as variables: get them from the key vault in the script",
    "autologgerSettings": "settings of MLflow's autologging: call mlflow.autolog() in the script",
    "distribution": "distributed jobs: commands run as one process; leave distribution out",
    "queueSettings": "job tiers and priorities: leave queue_settings out",
    "queue_settings": "job tiers and priorities: leave queue_settings out",
    "parent_job_name": "jobs below other jobs: leave parent_job_name out",
    "parentJobName": "jobs below other jobs: leave parent_job_name out",
    "sourceJobId": "jobs that are copies of others: leave source_job_id out",
    "retry_settings": "retries of a node",
    "schedule": "schedules within a job: make a schedule of the job",
}
"""Keys of jobs, nodes and components."""
_RESOURCES = ("instanceCount", "instance_count", "shmSize", "shm_size")
_IDENTITIES = {"userIdentity": True, "aml_token": False, "amlToken": False, "user_identity": True, "managed": False}


def refuse_kind(kind: object, where: str) -> None:
    """Raises NotSupported."""
    raise NotSupported(f"{where} of the type {kind}: {_KINDS}")


def refuse_ignored(asked: Mapping[str, Any], known: Collection[str], where: str) -> None:
    """Raises NotSupported for the first thing of a job, node or component that would have no effect."""
    for key, reason in REFUSED.items():
        if asked.get(key):
            raise NotSupported(f"{reason} ({where})")
    for key, value in (asked.get("resources") or {}).items():
        _check_resource(key, value, where)
    refuse_unknown(asked, {*known, *REFUSED}, where)


def runs_as_user(identity: Mapping[str, Any] | None, where: str) -> bool:
    """Whether a job runs with its user's identity; else with that of its compute. Raises NotSupported."""
    refuse_unknown(identity or {}, IDENTITY, f"the identity of {where}")
    kind = str((identity or {}).get("identityType") or (identity or {}).get("type") or "AMLToken")
    known = {name.replace("_", "").lower(): as_user for name, as_user in _IDENTITIES.items()}
    if kind.replace("_", "").lower() not in known:
        raise NotSupported(f"the identity {kind} of a job ({where}): it has user_identity, managed and aml_token")
    return known[kind.replace("_", "").lower()]


def _check_resource(key: str, value: object, where: str) -> None:
    if key in ("instanceCount", "instance_count") and str(value or 1) not in ("1", "1.0"):
        raise NotSupported(f"distributed jobs: {where} asks for {value} instances, and there is one machine")
    if key in ("shmSize", "shm_size") and value not in (None, "", _SHARED_MEMORY):
        raise NotSupported(f"shm_size, as {where} has: what it runs has the memory of this machine")
    if key not in _RESOURCES and value:
        raise NotSupported(f"resources.{key}, as {where} has")
