"""Web services: what runs, and how it is made to run something else."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict

from config.compute.capacity import Resources
from workspaces.environments import Environment
from workspaces.models import ModelVersion

HEALTHY = "Healthy"
KeyName = Literal["primary", "secondary"]
BUSY = ("Transitioning", "Creating", "Updating", "Deleting")
OF_MACHINE = ("cpu_cores", "memory_gb", "gpu_cores")
"""Fields of Configuration that the size of a machine decides, where each replica has one to itself."""


class ServiceState(BaseModel):
    """What a service ran at one moment: enough to put it back. Part of artifacts, and closed like them."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    state: str
    """Healthy, Unhealthy, Failed, Unschedulable (no room on the cluster), or one of BUSY."""
    models: tuple[str, ...]
    """``name:version`` each."""
    environment: str | None
    environment_version: str | None
    replicas: int | None
    """Where it scales by itself, the fewest."""
    cpu_cores: float | None
    memory_gb: float | None
    gpu_cores: int | None
    max_concurrent_requests: int | None
    max_queue_wait_ms: int | None
    scoring_timeout_ms: int | None
    scoring_uri: str | None
    tags: dict[str, str]
    """Holds run_id, a pipeline run: ``outputs/source.zip`` of its step deploy_service is the scoring code that ran."""
    autoscaling: bool = False
    """Whether the number of replicas follows the requests."""
    autoscale_max_replicas: int | None = None
    """None where it doesn't scale by itself."""
    autoscale_target_utilization: int | None = None
    """Percent; None where it doesn't scale by itself."""
    enable_app_insights: bool | None = None
    """None where it isn't told, as by artifacts of before it was kept."""
    instance_type: str | None = None
    """Size of its machines, where they are Azure ML's own and not a cluster's."""


@dataclass(frozen=True)
class Configuration:
    """Everything that a service is given beside what it runs: the SDKs' own defaults suit no GPU service."""

    replicas: int
    """With autoscale_max_replicas the fewest."""
    cpu_cores: float
    """Of one replica."""
    memory_gb: float
    gpu_cores: int
    """GPUs of one replica; where the size of the machine decides that, it is only compared."""
    max_concurrent_requests: int
    """Of one replica."""
    max_queue_wait_ms: int
    scoring_timeout_ms: int
    initial_delay_seconds: int
    """Seconds before the first liveness probe."""
    period_seconds: int = 10
    timeout_seconds: int = 2
    success_threshold: int = 1
    failure_threshold: int = 3
    autoscale_max_replicas: int | None = None
    """None: their number is fixed."""
    autoscale_target_utilization: int = 70
    """Percent of the replicas that may be busy before one is added."""
    enable_app_insights: bool = False
    blobfuse_enabled: bool = True
    """Mount the model by blobfuse; of a new service only."""
    instance_type: str | None = None
    """Size of the machine that each replica has to itself, one of Azure ML's own; None: replicas share a cluster."""

    @property
    def in_effect(self) -> dict[str, Any]:
        """Its fields, but for those that have no effect beside instance_type: who changes them changes no service."""
        idle = OF_MACHINE if self.instance_type else ()
        return {name: value for name, value in asdict(self).items() if name not in idle}


@dataclass(frozen=True)
class Revision:
    """What a service is to run."""

    model: ModelVersion
    environment: Environment
    source: Path
    """Folder with the service's code, and nothing else."""
    entry_script: str
    """Path of the script in ``source``."""
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Staged:
    """A candidate beside a service, which no client of that one reaches."""

    state: ServiceState
    keys_of: str
    """Name of the service whose keys open it."""
    headers: Mapping[str, str]
    """What a request to its scoring URI has to have to reach it."""


class Replicas(NamedTuple):
    """Those of one deployment."""

    number: int
    """Where it scales by itself, the most."""
    each: Resources
    """What one of them asks for."""


@dataclass(frozen=True)
class OtherService:
    """A service of the workspace that another SDK serves: it is told of and counted, and never changed."""

    name: str
    sdk: str
    """``v1`` or ``v2``."""
    models: tuple[str, ...]
    """``name:version`` of each that its clients reach."""
    scoring_uri: str | None
    tags: Mapping[str, str]
    cluster_id: str | None
    """ARM id of the AKS cluster that it is on, in lower case; None: it is on machines of Azure ML's own."""
    replicas: tuple[Replicas, ...]

    def __str__(self) -> str:
        return f"{self.name} (SDK {self.sdk})"


class Services(Protocol):
    """What is asked of a service that isn't there, other than find(), raises DeploymentError."""

    def find(self, name: str) -> ServiceState | None:
        """What the service runs now; None when there is none. DeploymentError when it is of another kind."""

    def on_cluster(self, cluster: str) -> list[str]:
        """Names of all services on a cluster, whoever deployed them."""

    def of_other_sdk(self) -> list[OtherService]:
        """All services of the workspace that this SDK doesn't see, by their names."""

    def stage(self, name: str, cluster: str, revision: Revision, wanted: Configuration) -> None:
        """Ask for a candidate beside the service, which goes on as it is, or isn't there yet; returns before it is up.

        create() and update() to the same revision put it in the service's place, or remove it, as the SDK has it.
        """

    def staged(self, name: str) -> Staged | None:
        """The candidate beside the service; None when there is none."""

    def beside(self, name: str) -> dict[str, ServiceState]:
        """What runs beside the service and its clients don't reach, by its own name: a candidate, or the way back."""

    def unstage(self, name: str, run_id: str | None = None) -> None:
        """Remove the candidate, where there is one, also of a run that was killed; the service goes on as it is.

        With ``run_id``, only one whose tags name that run. Raises Busy while an operation changes it.
        """

    def settle(self, name: str) -> None:
        """Remove what an update has left beside the service for the way back, where it leaves something.

        Until then an update to what ran before is a change of traffic, if nothing else came between.
        """

    def create(self, name: str, cluster: str, revision: Revision, wanted: Configuration) -> None:
        """Ask for a new service with key authentication; returns before it is up."""

    def update(self, name: str, revision: Revision, wanted: Configuration) -> None:
        """Ask the service to become ``revision``; returns before it has.

        Raises Busy while another operation changes it. GPUs that kept_gpus() tells of stay.
        """

    def set_tags(self, name: str, tags: Mapping[str, str]) -> None:
        """Replace its tags and leave its replicas alone. Raises Busy as update() does."""

    def wait(self, name: str, seconds: float) -> str:
        """Wait for what stage(), create() or update() began here; what went wrong, empty when nothing did.

        What create() and update() asked for may only be reached by clients when this has returned.
        """

    def kept_gpus(self, state: ServiceState, wanted: Configuration) -> int:
        """GPUs a replica that an update from ``state`` to ``wanted``, which has none, can't take away."""

    def log(self, name: str, lines: int) -> str:
        """The end of its newest log. RequestError where no replica has started."""

    def keys(self, name: str) -> tuple[str, str]:
        """Primary and secondary key. RequestError where the service asks for tokens instead."""

    def regenerate_key(self, name: str, key: KeyName) -> None:
        """Replace one key, which stops being taken; returns when the new one is."""

    def delete(self, name: str) -> None:
        """Delete it; its keys are lost. Returns when it is gone, also where it was, or when the operation failed."""
