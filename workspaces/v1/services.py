"""Web services on AKS, by AksWebservice."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from azureml.core import Workspace
from azureml.core.compute import AksCompute
from azureml.core.model import InferenceConfig, Model
from azureml.core.webservice import AksWebservice, Webservice
from azureml.exceptions import WebserviceException

from config.errors import DeploymentError, WorkspaceError
from workspaces.azure.errors import translates
from workspaces.azure.online_endpoints import OnlineEndpoints
from workspaces.errors import Busy
from workspaces.services import BUSY, Configuration, KeyName, OtherService, Revision, ServiceState, Staged
from workspaces.v1.environments import registered_environment
from workspaces.v1.staging import STAGED_FOR, staged_name

SDK_NAMES = {
    "replicas": "num_replicas",
    "max_concurrent_requests": "replica_max_concurrent_requests",
    "max_queue_wait_ms": "max_request_wait_time",
}
"""Fields of Configuration that deploy_configuration() and update() call otherwise."""
FIXED = {"auth_enabled": True, "token_auth_enabled": False, "collect_model_data": False}
REFRESH_SECONDS = 1
"""How often azureml-fe decides on the number of replicas: the SDK's own default."""
ONLY_CREATED = "blobfuse_enabled"
"""What deploy_configuration() takes and update() doesn't."""
UNSENT = (ONLY_CREATED, "instance_type")
"""Fields of Configuration that update() takes none of."""


@translates
class V1Services:
    def __init__(self, workspace: Workspace, endpoints: OnlineEndpoints) -> None:
        self._workspace, self._endpoints = workspace, endpoints
        self._begun: dict[str, AksWebservice] = {}
        """The objects that began an operation: the SDK can wait for it by no other."""
        self._staged: set[str] = set()
        """Services beside which a candidate was staged here."""

    def find(self, name: str) -> ServiceState | None:
        service = self._find(name)
        return _state(service) if service else None

    def on_cluster(self, cluster: str) -> list[str]:
        services = Webservice.list(self._workspace, compute_type="AKS")
        return [service.name for service in services if service.compute_name == cluster]

    def of_other_sdk(self) -> list[OtherService]:
        return self._endpoints.all()

    def stage(self, name: str, cluster: str, revision: Revision, wanted: Configuration) -> None:
        tags, beside = {**revision.tags, STAGED_FOR: name}, staged_name(name)
        one = replace(wanted, replicas=1, autoscale_max_replicas=None)
        self._staged.add(name)
        self._create(beside, cluster, replace(revision, tags=tags), one)
        self._begun[name] = self._begun.pop(beside)

    def staged(self, name: str) -> Staged | None:
        beside = staged_name(name)
        state = self.find(beside)
        if state is None or state.tags.get(STAGED_FOR) != name:  # one of that name of somebody else
            return None
        return Staged(state, beside, {})

    def beside(self, name: str) -> dict[str, ServiceState]:
        found = self.staged(name)
        return {found.keys_of: found.state} if found else {}

    def unstage(self, name: str, run_id: str | None = None) -> None:
        found = self.staged(name)
        if found and run_id in (None, found.state.tags.get("run_id")):
            if found.state.state in BUSY:
                raise Busy(f"service {found.keys_of} is {found.state.state}")
            self.delete(found.keys_of)
        self._staged.discard(name)

    def settle(self, name: str) -> None:
        """An update leaves nothing behind."""

    def create(self, name: str, cluster: str, revision: Revision, wanted: Configuration) -> None:
        self._make_room(name)
        self._create(name, cluster, revision, wanted)

    def _create(self, name: str, cluster: str, revision: Revision, wanted: Configuration) -> None:
        # True is Azure ML's own default, so nothing is sent for it.
        mounted = {} if wanted.blobfuse_enabled else {ONLY_CREATED: False}
        deployment = AksWebservice.deploy_configuration(**sdk_options(wanted), **mounted, tags=dict(revision.tags))
        target = AksCompute(self._workspace, cluster)
        model, inference = self._model(revision), self._inference(revision)
        self._begun[name] = Model.deploy(self._workspace, name, [model], inference, deployment, target)

    def update(self, name: str, revision: Revision, wanted: Configuration) -> None:
        service = self._get(name)
        self._make_room(name)
        inference = self._inference(revision)
        tags, options = dict(revision.tags), sdk_options(wanted)
        service.update(models=[self._model(revision)], inference_config=inference, tags=tags, **options)
        self._begun[name] = service

    def set_tags(self, name: str, tags: Mapping[str, str]) -> None:
        self._get(name).update(tags=dict(tags))

    def wait(self, name: str, seconds: float) -> str:
        if name not in self._begun:
            raise WorkspaceError(f"no operation on the service {name} was begun here, so none can be waited for")
        try:
            self._begun[name].wait_for_deployment(timeout_sec=seconds)
        except WebserviceException as error:
            return str(error.message)
        return ""

    def kept_gpus(self, state: ServiceState, wanted: Configuration) -> int:
        return 0 if wanted.gpu_cores else state.gpu_cores or 0  # the SDK sends no 0

    def log(self, name: str, lines: int) -> str:
        return str(self._get(name).get_logs(num_lines=lines))

    def keys(self, name: str) -> tuple[str, str]:
        primary, secondary = self._get(name).get_keys()
        return primary, secondary

    def regenerate_key(self, name: str, key: KeyName) -> None:
        self._get(name).regen_key(key)

    def delete(self, name: str) -> None:
        if service := self._find(name):
            service.delete()

    def _make_room(self, name: str) -> None:
        """The candidate holds GPUs that the service may need."""
        if name in self._staged:
            self.unstage(name)

    def _find(self, name: str) -> AksWebservice | None:
        try:
            service = Webservice(self._workspace, name)
        except WebserviceException as error:
            if "WebserviceNotFound" in error.message:
                return None
            raise
        if isinstance(service, AksWebservice):
            return service
        raise DeploymentError(f"service {name} runs on {service.compute_type}, not AKS: choose another service.name")

    def _get(self, name: str) -> AksWebservice:
        service = self._find(name)
        if service is None:
            raise DeploymentError(f"there is no service {name} any more")
        return service

    def _model(self, revision: Revision) -> Model:
        return Model(self._workspace, id=revision.model.id)

    def _inference(self, revision: Revision) -> InferenceConfig:
        environment = registered_environment(self._workspace, revision.environment)
        return InferenceConfig(revision.entry_script, source_directory=str(revision.source), environment=environment)


def sdk_options(wanted: Configuration) -> dict[str, Any]:
    """Everything that deploy_configuration() and update() both take: no default of theirs decides."""
    given = {SDK_NAMES.get(name, name): value for name, value in asdict(wanted).items() if name not in UNSENT}
    if wanted.autoscale_max_replicas:  # the SDK refuses a number beside it, and these without it
        given["autoscale_min_replicas"] = given.pop("num_replicas")
        given["autoscale_refresh_seconds"] = REFRESH_SECONDS
    else:
        given = {name: value for name, value in given.items() if not name.startswith("autoscale_")}
    return FIXED | given | {"autoscale_enabled": wanted.autoscale_max_replicas is not None}


def _state(service: AksWebservice) -> ServiceState:
    needs, environment = service.container_resource_requirements, service.environment
    scaler = service.autoscaler if service.autoscaler and service.autoscaler.autoscale_enabled else None
    return ServiceState(
        state=service.state,
        models=tuple(model.id for model in service.models),
        environment=environment.name if environment else None,
        environment_version=environment.version if environment else None,
        # Of one that scales by itself, num_replicas is how many there are at the moment.
        replicas=scaler.min_replicas if scaler else service.num_replicas,
        cpu_cores=needs.cpu if needs else None,
        memory_gb=needs.memory_in_gb if needs else None,
        gpu_cores=needs.gpu if needs else None,
        max_concurrent_requests=service.max_concurrent_requests_per_container,
        max_queue_wait_ms=service.max_request_wait_time,
        scoring_timeout_ms=service.scoring_timeout_ms,
        scoring_uri=service.scoring_uri,
        tags=service.tags or {},
        autoscaling=scaler is not None,
        autoscale_max_replicas=scaler and scaler.max_replicas,
        autoscale_target_utilization=scaler and scaler.target_utilization,
        enable_app_insights=service.enable_app_insights,
    )
