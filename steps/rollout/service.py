"""The web service on AKS: what it runs now, and how to make it run something else (SDK v1)."""

import math
import shutil
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from azureml.core import Environment, Workspace
from azureml.core.compute import AksCompute
from azureml.core.model import InferenceConfig, Model
from azureml.core.webservice import AksWebservice, Webservice
from azureml.exceptions import ComputeTargetException, WebserviceException

from config.errors import DeploymentError, WorkspaceError
from config.settings import Settings
from config.vm_sizes import gpu_size
from steps.artifacts import Candidate, ServiceState
from steps.registration.saved_model import content_hash
from steps.server_log import reason

HEALTHY = "Healthy"
SAME_IF_EQUAL = ("model_version", "model_hash", "environment", "service_config_hash", "scoring_hash")
POLL_SECONDS = 2.0
BUSY = ("Transitioning", "Creating", "Updating", "Deleting")
CONFLICT = "Response Code: 409"  # how the SDK says it, in the message alone
LOG_LINES = 200
SUMMARY_CHARACTERS = 500


@dataclass(frozen=True)
class Revision:
    """What a service is to run: a model version and its environment, with the scoring code of ``root``."""

    model: Model
    environment: Environment
    root: Path
    tags: Mapping[str, str]


def scoring_hash(root: Path) -> str:
    """Content hash of the scoring code that a service would run."""
    with scoring_source(root) as source:
        return content_hash(source)


def find_service(workspace: Workspace, name: str) -> AksWebservice | None:
    """The service called ``name``, or None. DeploymentError when it isn't one on AKS."""
    try:
        service = Webservice(workspace, name)
    except WebserviceException as error:
        if "WebserviceNotFound" in error.message:
            return None
        raise
    if not isinstance(service, AksWebservice):
        raise DeploymentError(f"service {name} runs on {service.compute_type}, not AKS: choose another service.name")
    return service


def state_of(service: AksWebservice) -> ServiceState:
    """What the service runs now, as far as Azure ML tells."""
    needs, environment = service.container_resource_requirements, service.environment
    return ServiceState(
        state=service.state,
        models=tuple(model.id for model in service.models),
        environment=environment.name if environment else None,
        environment_version=environment.version if environment else None,
        replicas=service.num_replicas,
        cpu_cores=needs.cpu if needs else None,
        memory_gb=needs.memory_in_gb if needs else None,
        gpu_cores=needs.gpu if needs else None,
        max_concurrent_requests=service.max_concurrent_requests_per_container,
        max_queue_wait_ms=service.max_request_wait_time,
        scoring_timeout_ms=service.scoring_timeout_ms,
        scoring_uri=service.scoring_uri,
        tags=service.tags or {},
    )


def already_serves(state: ServiceState | None, model: str, tags: Mapping[str, str]) -> bool:
    """True when a healthy service runs this model with the same environment, settings and scoring code."""
    return state is not None and state.state == HEALTHY and is_release_of(state, model, tags)


def is_release_of(state: ServiceState, model: str, tags: Mapping[str, str]) -> bool:
    """The same of a service in whatever state."""
    return state.models == (model,) and all(state.tags.get(key) == tags[key] for key in SAME_IF_EQUAL)


def is_superseded(state: ServiceState | None, candidate: Candidate) -> bool:
    """True when the service runs a newer version of the candidate's model."""
    name, _, version = (state.models[0] if state and state.models else "").partition(":")
    return name == candidate.model_name and int(version) > candidate.model_version


def find_cluster(workspace: Workspace, settings: Settings) -> AksCompute:
    """The AKS cluster that is to serve; WorkspaceError when it isn't attached or isn't ready."""
    name = settings.cluster.name
    try:
        cluster = AksCompute(workspace, name)
    except ComputeTargetException as error:
        if "ComputeTargetNotFound" not in error.message:
            raise
        hint = f"run `amlgpu provision --target {settings.target}`"
        raise WorkspaceError(f"cluster.name={name}: no such AKS cluster in {workspace.name}: {hint}") from None
    if cluster.provisioning_state != "Succeeded":
        raise WorkspaceError(f"the AKS cluster {name} is {cluster.provisioning_state}, not ready to serve")
    return cluster


def check_room(vm_size: str | None, nodes: int | None, settings: Settings) -> None:
    """DeploymentError unless the nodes have GPUs for every replica and for the one more that an update starts.

    Azure ML checks neither: the pods would wait, unschedulable, until the deployment fails.
    """
    service = settings.service
    if not service.enable_gpu:
        return
    # Azure ML may know neither of a cluster that was attached: the settings, checked by themselves, then describe it.
    vm_size, nodes = vm_size or settings.cluster.vm_size, nodes or settings.cluster.nodes
    size = gpu_size(vm_size)
    if size is None:
        raise DeploymentError(
            f"the cluster {settings.cluster.name} has nodes of {vm_size}, which has no GPU, but enable_gpu is true: "
            "attach a cluster of GPU nodes, or set enable_gpu to false and service.gpu_cores to 0"
        )
    room, needed = size.gpus // service.gpu_cores * nodes, service.replicas + 1
    if room < needed:
        raise DeploymentError(
            f"the cluster {settings.cluster.name} ({nodes} x {vm_size}) has room for {room} replicas of "
            f"{service.gpu_cores} GPU, {needed} are needed (service.replicas={service.replicas} and one more during "
            "an update): add nodes or lower service.replicas"
        )


def wait_idle(workspace: Workspace, name: str, seconds: float) -> AksWebservice | None:
    """The service once no operation changes it any more, or None where there is none: two at once would answer 409.

    DeploymentError when the operation under way takes longer than ``seconds``.
    """
    deadline = time.monotonic() + seconds
    while (service := find_service(workspace, name)) is not None and service.state in BUSY:
        if time.monotonic() > deadline:
            raise DeploymentError(
                f"service {name} has been {service.state} for {seconds:g} s: see its log, then run again"
            )
        time.sleep(POLL_SECONDS)
    return service


def create(
    workspace: Workspace, cluster: AksCompute, name: str, revision: Revision, wanted: Mapping[str, Any]
) -> AksWebservice:
    """Ask for a new service; returns before it is healthy."""
    deployment = AksWebservice.deploy_configuration(**wanted, tags=dict(revision.tags))
    with _inference_config(revision) as inference:
        return Model.deploy(workspace, name, [revision.model], inference, deployment, cluster)


def kept_gpus(service: AksWebservice, wanted: Mapping[str, Any]) -> int:
    """GPUs a replica that an update to ``wanted``, which has none, would leave there: the SDK sends no 0."""
    needs = service.container_resource_requirements
    return int(needs.gpu) if needs and needs.gpu and not wanted["gpu_cores"] else 0


def check_gpus(service: AksWebservice, wanted: Mapping[str, Any]) -> None:
    """DeploymentError where an update to ``wanted`` would have to take GPUs away."""
    if kept := kept_gpus(service, wanted):
        raise DeploymentError(
            f"service {service.name} has {kept} GPU a replica and an update can't take them away: delete the service "
            "first (its keys change), or choose another service.name"
        )


def update(service: AksWebservice, revision: Revision, wanted: Mapping[str, Any], seconds: float) -> None:
    """Ask the live service to become ``revision``, replica by replica; returns before it has.

    ``wanted`` is what configuration() or configuration_of() gives. An operation under way is waited for, up to
    ``seconds``: a service may look healthy while it is being updated. GPUs that kept_gpus() tells of stay.
    """

    def ask() -> None:
        with _inference_config(revision) as inference:
            service.update(models=[revision.model], inference_config=inference, tags=dict(revision.tags), **wanted)

    _insist(service.name, ask, seconds)


def update_tags(service: AksWebservice, tags: Mapping[str, str], seconds: float) -> None:
    """Give the service these tags and leave its replicas alone; an operation is waited for, as in update()."""
    _insist(service.name, lambda: service.update(tags=dict(tags)), seconds)


def _insist(name: str, ask: Callable[[], None], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not _took(ask):
        if time.monotonic() > deadline:
            raise DeploymentError(f"service {name} has been changed by an operation for {seconds:g} s: run again")
        time.sleep(POLL_SECONDS)


def _took(ask: Callable[[], None]) -> bool:
    """Ask for a change; False when an operation under way is in its way."""
    try:
        ask()
    except WebserviceException as error:
        if CONFLICT in error.message:
            return False
        raise
    return True


def wait_healthy(service: AksWebservice, seconds: float) -> None:
    """Wait for the operation under way; DeploymentError, with the reason in the service's log, if it fails or is late.

    All that Azure ML and the log say is printed: it belongs in the step's log, not in one message.
    """
    try:
        service.wait_for_deployment(timeout_sec=seconds)
        said = ""
    except WebserviceException as error:
        said = error.message
    if service.state == HEALTHY and not said:
        return
    log = _log(service)
    print(f"{said}\n{log}")
    summary = textwrap.shorten(said, SUMMARY_CHARACTERS) or f"its state is {service.state}"
    raise DeploymentError(f"service {service.name} was not deployed: {summary}\nIts log says: {reason(log)}")


def configuration(settings: Settings) -> dict[str, Any]:
    """Everything that deploy_configuration() and update() both take: the SDK's defaults suit no GPU service."""
    service = settings.service
    return {
        "autoscale_enabled": False,
        "num_replicas": service.replicas,
        "cpu_cores": service.cpu_cores,
        "memory_gb": service.memory_gb,
        "gpu_cores": service.gpu_cores,
        "replica_max_concurrent_requests": service.max_concurrent_requests,
        "max_request_wait_time": service.max_queue_wait_ms,
        "scoring_timeout_ms": service.scoring_timeout_ms,
        "auth_enabled": True,
        "token_auth_enabled": False,
        "enable_app_insights": False,
        "collect_model_data": False,
        # No probe before the model can be loaded: a slower start would be restarted without end.
        "initial_delay_seconds": math.ceil(settings.validation.startup_seconds),
        "period_seconds": 10,
        "timeout_seconds": 2,
        "success_threshold": 1,
        "failure_threshold": 3,
    }


def configuration_of(state: ServiceState, settings: Settings) -> dict[str, Any]:
    """The configuration that a service had; ``settings`` fill in what Azure ML didn't tell."""
    had = {
        "num_replicas": state.replicas,
        "cpu_cores": state.cpu_cores,
        "memory_gb": state.memory_gb,
        # Azure ML may leave out a 0; where it told nothing of resources at all, the settings fill this in too.
        "gpu_cores": state.gpu_cores or (None if state.cpu_cores is None else 0),
        "replica_max_concurrent_requests": state.max_concurrent_requests,
        "max_request_wait_time": state.max_queue_wait_ms,
        "scoring_timeout_ms": state.scoring_timeout_ms,
    }
    return configuration(settings) | {key: value for key, value in had.items() if value is not None}


@contextmanager
def _inference_config(revision: Revision) -> Iterator[InferenceConfig]:
    # The folder's own name becomes a variable of the environment: a random one would make every deployment a new one.
    with scoring_source(revision.root) as source:
        yield InferenceConfig("scoring/score.py", source_directory=str(source), environment=revision.environment)


@contextmanager
def scoring_source(root: Path) -> Iterator[Path]:
    """A folder that holds a copy of ``root / "scoring"`` and nothing else: the code that a service runs."""
    with TemporaryDirectory() as work:
        source = Path(work) / "source"
        shutil.copytree(root / "scoring", source / "scoring", ignore=shutil.ignore_patterns("__pycache__"))
        yield source


def _log(service: AksWebservice) -> str:
    try:
        return str(service.get_logs(num_lines=LOG_LINES))
    except WebserviceException:
        return "nothing, no replica has started"
