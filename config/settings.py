"""The settings of a release, typed and checked before anything is asked of Azure.

    settings = load_settings("dev", {"service.replicas": "3"})
    settings.service.replicas  # 3

Later layers win: the defaults in ``config/sections/``, names that follow from the service's file, the target's file,
the service's file, what is below ``targets`` in it for this target, ``AMLGPU_<SECTION>__<KEY>`` in the environment,
then the overrides of the command line.
"""

import hashlib
import json
import os
from collections.abc import Collection, Mapping

from pydantic import Field, ValidationError, model_validator

from config.compute.capacity import shortages
from config.compute.vm_sizes import GpuSize, gpu_size
from config.errors import ConfigError
from config.loading.files import WHERE, service_layer, target_layer
from config.loading.folder import config_folder, shown
from config.loading.layers import Layer, Value, environment_layer, override_layer, sections
from config.loading.messages import explain
from config.loading.names import SERVICE, TARGET, choose, names
from config.loading.neighbours import check_neighbours
from config.loading.old_files import check_layout
from config.loading.options import options
from config.sections.base import Section
from config.sections.contract import Input, Task
from config.sections.monitoring import Monitoring
from config.sections.pipeline import Pipeline
from config.sections.schedule import Schedule
from config.sections.scoring import Scoring
from config.sections.sdks import check_machines, check_sdk
from config.sections.service import Model, Service
from config.sections.validation import SmokeTest, Validation
from config.sections.workspace import Cluster, Compute, Environment, Workspace

__all__ = [
    "Cluster",
    "Compute",
    "Environment",
    "Input",
    "Model",
    "Monitoring",
    "Pipeline",
    "Schedule",
    "Scoring",
    "Section",
    "Service",
    "Settings",
    "SmokeTest",
    "Task",
    "Validation",
    "Workspace",
    "config_hash",
    "load_all_settings",
    "load_readable_settings",
    "load_settings",
]

# Azure ML attaches a smaller cluster only for the purpose DevTest:
# https://learn.microsoft.com/azure/machine-learning/v1/how-to-create-attach-kubernetes
FAST_PROD_MIN_VCPUS = 12
FAST_PROD_MIN_NODES = 3


class Settings(Section):
    """All settings of one service on one target."""

    target: str
    """Name of the file that says where."""
    service_file: str
    """Name of the file that says what is served."""
    options: str = Field(default="", exclude=True)
    """The choices that led to these settings, as options to be typed: the commands that are printed repeat them."""
    workspace: Workspace
    """The Azure Machine Learning workspace."""
    compute: Compute
    """Where the steps run."""
    cluster: Cluster
    """Where the service runs."""
    environment: Environment = Environment()
    """What validation and the service run in."""
    model: Model
    """The registered model."""
    service: Service
    """The web service."""
    input: Input = Input()
    """What the model takes, where its SavedModel doesn't tell."""
    task: Task = Task()
    """What the model answers, where its SavedModel doesn't tell."""
    scoring: Scoring = Scoring()
    """How the service scores."""
    monitoring: Monitoring = Monitoring()
    """What the service notes of its requests, and how that is judged."""
    validation: Validation = Validation()
    """What a candidate must prove."""
    smoke_test: SmokeTest = SmokeTest()
    """What the live service must answer."""
    pipeline: Pipeline
    """Names of the pipeline in the workspace."""
    schedule: Schedule
    """When the published pipeline runs by itself."""

    @model_validator(mode="after")
    def _server_takes_what_it_is_handed(self) -> "Settings":
        if self.scoring.server == "plain" and self.service.max_concurrent_requests > 1:
            raise ValueError(
                f"scoring.server is plain, which answers one request at a time, but service.max_concurrent_requests="
                f"{self.service.max_concurrent_requests}: set it to 1, or health probes wait behind the rest"
            )
        if self.scoring.precision == "bfloat16" and self.validation.require_gpu:
            raise ValueError("scoring.precision is bfloat16, which is a CPU's, but validation.require_gpu is true")
        return self

    @model_validator(mode="after")
    def _sdk_has_what_is_asked(self) -> "Settings":
        check_sdk(self.workspace, self.cluster, self.service, self.environment)
        return self

    @model_validator(mode="after")
    def _compute_has_gpu(self) -> "Settings":
        if self.validation.require_gpu and gpu_size(self.compute.vm_size) is None:
            raise ValueError(f"validation.require_gpu is true but compute.vm_size={self.compute.vm_size} has no GPU")
        return self

    @property
    def spare_replicas(self) -> int:
        """Replicas that an update starts beside those that serve."""
        return self.service.replicas if self.workspace.sdk == "v2" else 1

    @model_validator(mode="after")
    def _cluster_fits_service(self) -> "Settings":
        node = gpu_size(self.cluster.vm_size)
        if self.service.enable_gpu and node is None:
            raise ValueError(
                f"service.enable_gpu is true but cluster.vm_size={self.cluster.vm_size} has no GPU: "
                "choose a GPU size or set service.enable_gpu to false and service.gpu_cores to 0"
            )
        if self.cluster.managed:
            check_machines(self.cluster, self.service)
        elif node and not self.workspace.local:  # whose nodes are made up, and as large as need be
            self._check_room(node)
            self._check_purpose(node)
        return self

    def _check_room(self, node: GpuSize) -> None:
        """What is certain: that more may be taken is for `amlgpu plan` to say."""
        spare = self.spare_replicas
        short = next(iter(shortages(self.service, self.cluster, node, likely=False, spare=spare)), None)
        if short is None:
            return
        key, most = self.service.replicas_key, self.service.most_replicas
        lower = short.key != "service.gpu_cores" and short.most > 0
        mend = "choose a larger cluster.vm_size" if short.too_large else f"add nodes, lower {key}"
        beside = (
            f"the {spare} of the deployment beside them"
            if self.workspace.sdk == "v2"
            else "the one more that an update starts"
        )
        raise ValueError(
            f"{key}={most} and {beside} need room for {most + spare} replicas of {short.text}; "
            f"cluster.nodes={self.cluster.nodes} x {self.cluster.vm_size} have room for {short.fitting}: "
            f"{mend}{f', or lower {short.key} to {short.most:g}' if lower else ''}"
        )

    def _check_purpose(self, node: GpuSize) -> None:
        cluster = self.cluster
        if cluster.purpose == "DevTest":
            return
        vcpus, mend = node.vcpus * cluster.nodes, "add nodes, or set cluster.purpose to DevTest"
        if vcpus < FAST_PROD_MIN_VCPUS or cluster.nodes < FAST_PROD_MIN_NODES:
            raise ValueError(
                f"cluster.purpose={cluster.purpose} needs {FAST_PROD_MIN_NODES} nodes and {FAST_PROD_MIN_VCPUS} "
                f"virtual CPUs, {cluster.nodes} x {cluster.vm_size} have {vcpus}: {mend}"
            )

    @model_validator(mode="after")
    def _cluster_is_named(self) -> "Settings":
        if self.cluster.resource_id is None and not self.workspace.local and not self.cluster.managed:
            raise ValueError(
                "cluster.resource_id is missing: the ARM id of the AKS cluster to attach, which "
                "`az aks list --query '[].id'` prints; of one that isn't made yet, write the id that it will have, and "
                "`amlgpu provision` says how to make it"
            )
        return self


def load_settings(
    target: str | None = None,
    overrides: Mapping[str, str] | None = None,
    environ: Mapping[str, str] = os.environ,
    service: str | None = None,
    *,
    to_look: bool = False,
) -> Settings:
    """Read, merge and check the settings of ``service`` on ``target``.

    Where they aren't given, those of AMLGPU_TARGET and AMLGPU_SERVICE; then local, and the only service there is.
    The files lie in the folder AMLGPU_CONFIG, else in this project's own ``config/``.
    ``overrides`` maps ``section.key`` to text, read as a YAML value where the key isn't text itself.
    ``to_look`` is for who changes nothing in the workspace: the files of other services may be broken.
    Raises ConfigError, which names the file (or variable), the key, the value and what is allowed.
    """
    folder = config_folder(environ)
    check_layout(folder)
    place, chosen = choose(TARGET, target, environ, folder), choose(SERVICE, service, environ, folder)
    overrides, known = overrides or {}, sections(Settings)
    where = target_layer(place, folder, known)
    merged = (
        _gpu_where_there_is_one(where)
        | where
        | service_layer(chosen, place, folder, known)
        | environment_layer(Settings, environ)
        | override_layer(Settings, overrides)
    )
    values = _nested(_staged_by_v2(merged) | merged) | {
        "target": place,
        "service_file": chosen,
        "options": options(place, chosen, overrides, environ),
    }
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        files = {kind: shown(kind.file(name, folder)) for kind, name in ((TARGET, place), (SERVICE, chosen))}
        origins = {key: entry.origin for key, entry in merged.items()}
        raise explain(error, Settings, lambda key: files[TARGET if key in WHERE else SERVICE], origins) from None
    check_neighbours(chosen, place, folder, known, merged, readable=to_look)
    return settings


def load_all_settings(
    target: str | None = None,
    overrides: Mapping[str, str] | None = None,
    environ: Mapping[str, str] = os.environ,
    without: Collection[str] = (),
) -> list[Settings]:
    """The settings of every service in the folder that isn't among ``without``; ConfigError when it has none."""
    folder = config_folder(environ)
    check_layout(folder)
    services = names(SERVICE, folder) or [choose(SERVICE, None, {}, folder)]
    return [load_settings(target, overrides, environ, service) for service in services if service not in without]


def load_readable_settings(
    target: str | None = None,
    overrides: Mapping[str, str] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> tuple[list[Settings], list[ConfigError]]:
    """To look at every service in the folder: the settings of those that have any, and what is wrong with the others.

    ConfigError when there are none to look at.
    """
    folder = config_folder(environ)
    check_layout(folder)

    def read(service: str) -> Settings | ConfigError:
        try:
            return load_settings(target, overrides, environ, service, to_look=True)
        except ConfigError as error:
            return error

    read_all = [read(service) for service in names(SERVICE, folder) or [choose(SERVICE, None, {}, folder)]]
    found = [one for one in read_all if isinstance(one, Settings)]
    wrong = [one for one in read_all if isinstance(one, ConfigError)]
    if not found:
        raise wrong[0]
    return found, wrong


def _gpu_where_there_is_one(where: Layer) -> Layer:
    """Validation on a laptop doesn't ask for the GPU that it would in Azure, unless somebody says so."""
    local = where.get("workspace.local")
    return {"validation.require_gpu": Value(False, local.origin)} if local and local.value is True else {}


def _staged_by_v2(merged: Layer) -> Layer:
    """What every release of SDK v2 is, unless somebody says otherwise, which is refused."""
    sdk = merged.get("workspace.sdk")
    return {"service.strategy": Value("staged", sdk.origin)} if sdk and sdk.value == "v2" else {}


def _nested(layer: Layer) -> dict[str, object]:
    nested: dict[str, dict[str, object]] = {}
    for key, entry in layer.items():
        section, _, name = key.partition(".")
        nested.setdefault(section, {})[name] = entry.value
    return dict(nested)


def config_hash(settings: Settings) -> str:
    """First 12 hexadecimal digits of the SHA-256 of the settings as JSON with sorted keys."""
    canonical = json.dumps(settings.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]
