"""The settings of a release, typed and checked before anything is asked of Azure.

    settings = load_settings("dev", {"service.replicas": "3"})
    settings.service.replicas  # 3

Later layers win: the defaults below, ``config/<target>.yml``, ``AMLGPU_<SECTION>__<KEY>`` in the environment,
then the overrides of the command line.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from config.loading.layers import environment_layer, file_layer, file_name, override_layer, resolve_target
from config.loading.messages import explain
from config.vm_sizes import GpuSize, check_vm_size, gpu_size

Target = Literal["local", "dev", "prod"]
VmSize = Annotated[str, Field(min_length=1), AfterValidator(check_vm_size)]
Text = Annotated[str, Field(min_length=1)]
ServiceName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,30}[a-z0-9]$")]
ComputeName = Annotated[str, Field(pattern=r"^[a-zA-Z][a-zA-Z0-9-]{0,14}[a-zA-Z0-9]$")]
WeekDay = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

FAST_PROD_MIN_VCPUS = 12  # Azure ML attaches a smaller cluster only for the purpose DevTest


class Section(BaseModel):
    """Base of every section: frozen, strict about types, closed to unknown keys."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )


class Workspace(Section):
    subscription_id: Text
    """Azure subscription that holds the workspace."""
    resource_group: Text
    """Resource group that holds the workspace."""
    name: Text
    """Azure Machine Learning workspace."""


class Compute(Section):
    name: ComputeName = "gpu-compute"
    """AmlCompute cluster that runs the steps; made with a system-assigned identity, which the deploy step needs."""
    vm_size: VmSize
    """Size of one node."""
    min_nodes: int = Field(default=0, ge=0)
    """Nodes kept, and billed, while nothing runs."""
    max_nodes: int = Field(default=1, ge=1)
    """Most nodes at once."""
    idle_seconds: int = Field(default=300, ge=60)
    """Seconds without work after which a node above min_nodes is given back."""

    @model_validator(mode="after")
    def _nodes_in_order(self) -> "Compute":
        if self.min_nodes > self.max_nodes:
            raise ValueError(f"min_nodes={self.min_nodes} is more than max_nodes={self.max_nodes}")
        return self


class Cluster(Section):
    name: ComputeName = "gpu-aks"
    """The workspace's name for the AKS cluster that serves the model."""
    vm_size: VmSize
    """Size of one node of the cluster's (only) node pool."""
    nodes: int = Field(ge=1)
    """Nodes of the pool; they need room for one replica more, which an update starts before it ends an old one."""
    purpose: Literal["FastProd", "DevTest", "DenseProd"]
    """What the cluster is attached for: FastProd and DenseProd need 12 virtual CPUs or more in all."""
    resource_id: str | None = Field(
        default=None, pattern=r"^/subscriptions/[^/]+/resourceGroups/.+/managedClusters/[^/]+$"
    )
    """ARM id of an existing AKS cluster to attach; null makes a new cluster."""


class Environment(Section):
    name: Text = "aml-gpu-scoring"
    """Prefix of the Azure ML environment; a hash of its content is appended."""
    base_image: Text = "mcr.microsoft.com/azureml/openmpi5.0-cuda12.6-ubuntu24.04:20251130.v1"
    """CUDA image that validation and the service run in, pinned by its tag."""
    conda_file: Text = "scoring/environment.yml"
    """Conda specification, as a path from the root of the repository."""


class Model(Section):
    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._-]{0,254}$")]
    """Name under which versions are registered."""


class Service(Section):
    name: ServiceName
    """Name of the web service: 3 to 32 of a-z, 0-9 and '-', starting with a letter."""
    enable_gpu: bool
    """Give each replica gpu_cores GPUs; `gpu_enabled` is accepted as the same key."""
    gpu_cores: int = Field(ge=0)
    """GPUs of one replica; 1 or more with enable_gpu, otherwise 0."""
    cpu_cores: float = Field(ge=0.1)
    """Virtual CPUs of one replica, in cores."""
    memory_gb: float = Field(ge=0.5)
    """Memory of one replica, in gigabytes."""
    replicas: int = Field(ge=1)
    """Copies of the service; with 1 an update means downtime."""
    max_concurrent_requests: int = Field(default=64, ge=1)
    """Requests that Azure ML hands to one replica at once: only those can be scored together."""
    max_queue_wait_ms: int = Field(default=5_000, ge=1)
    """Milliseconds that a request may wait for a replica before it is answered with 503."""
    scoring_timeout_ms: int = Field(default=60_000, ge=1, le=300_000)
    """Milliseconds that one request may take; above 300000 updates of the service are reported to fail."""
    deploy_timeout_seconds: int = Field(default=1_500, ge=60)
    """Seconds to wait for a deployment; Azure ML itself gives up after 1200."""
    strategy: Literal["in_place", "staged"] = "in_place"
    """staged: a service of one replica beside the live one is deployed and smoke-tested before that one is touched."""
    lease_seconds: int = Field(default=7_200, ge=60)
    """Seconds that one run may hold the service; another waits for its end, and takes over after this."""
    lease_wait_seconds: int = Field(default=7_200, ge=0)
    """Seconds to wait for another run that releases to the same service, or for its operation under way."""

    @model_validator(mode="after")
    def _gpus_as_enabled(self) -> "Service":
        if self.enable_gpu and self.gpu_cores == 0:
            raise ValueError(
                "enable_gpu is true but gpu_cores is 0: set gpu_cores to 1 or more, or enable_gpu to false"
            )
        if not self.enable_gpu and self.gpu_cores:
            raise ValueError(
                f"enable_gpu is false but gpu_cores is {self.gpu_cores}: set gpu_cores to 0, or enable_gpu to true"
            )
        return self


class Scoring(Section):
    server: Literal["batching", "plain"] = "batching"
    """batching: requests that wait together are scored together; plain: Azure ML's server as it is, one at a time."""
    precision: Literal["float32", "bfloat16", "float16", "auto"] = "float32"
    """Arithmetic of the model; other than float32 only for a version that passes validation's parity check with it."""
    xla: bool = False
    """Compile the graph with XLA."""
    max_batch: int = Field(default=16, ge=1, le=1024)
    """Most images in one call of the model."""
    lanes: int = Field(default=2, ge=1, le=16)
    """Calls of the model at once in one replica."""
    max_queue: int = Field(default=256, ge=1)
    """Requests that may wait in one replica; one more is answered with 503."""


class Monitoring(Section):
    share: float = Field(default=0.0, ge=0, le=1)
    """Share of the requests that the service samples, 0 to 1: what it answered, and a hash of the image."""
    folder: str | None = Field(default=None, pattern=r"^/[^\x00-\x1f]*$")
    """Absolute path of a folder that the service writes samples into; null: they are lines of its log."""
    file_megabytes: int = Field(default=10, ge=1)
    """Size at which a file of samples is put aside and a new one begun."""
    files: int = Field(default=10, ge=2)
    """Files of samples that one process of the service keeps."""
    keep_images: bool = False
    """Keep the images themselves in the samples; needs a folder, and the right to keep what clients send."""
    significance: float = Field(default=0.01, gt=0, lt=1)
    """A difference between two periods is put down to chance unless its probability is this or less."""
    distance: float = Field(default=0.1, gt=0, le=1)
    """Least distance between two distributions, 0 to 1, that is called drift: many samples prove tiny ones."""
    minimum_samples: int = Field(default=100, ge=1)
    """Fewest samples in a period by which drift may be judged."""

    @model_validator(mode="after")
    def _images_have_a_folder(self) -> "Monitoring":
        if self.keep_images and self.folder is None:
            raise ValueError("keep_images is true but folder is null: a service's log is no place for images")
        return self


class Validation(Section):
    require_gpu: bool
    """Refuse a candidate that didn't answer from a GPU."""
    accuracy_floor: float | None = Field(default=None, ge=0, le=1)
    """Least share of right answers, 0 to 1; null sets no threshold."""
    minimum_samples: int = Field(default=100, ge=1)
    """Fewest labelled images on which accuracy may be judged."""
    sample_count: int = Field(default=0, ge=0)
    """Labelled images to score; 0 takes all."""
    significance: float = Field(default=0.05, gt=0, lt=1)
    """More wrong answers than production's are put down to chance unless their probability is this or less."""
    parity_agreement: float = Field(default=0.99, ge=0, le=1)
    """Least share of images on which the service's best class must be the original SavedModel's."""
    parity_difference: float = Field(default=0.05, ge=0, le=1)
    """Most that any probability may differ from the original SavedModel's."""
    latency_p50_ms: float | None = Field(default=None, gt=0)
    """Most milliseconds of the median request; null sets no threshold."""
    latency_p99_ms: float | None = Field(default=None, gt=0)
    """Most milliseconds of the slowest request in a hundred; null sets no threshold."""
    latency_p50_ratio: float | None = Field(default=None, gt=0)
    """Most that the median may be, as a multiple of production's on the same machine; null sets no threshold."""
    latency_p99_ratio: float | None = Field(default=None, gt=0)
    """The same of the slowest request in a hundred."""
    startup_ratio: float | None = Field(default=None, gt=0)
    """Most that the start may take, as a multiple of production's; null sets no threshold."""
    startup_seconds: float = Field(default=300, gt=0)
    """Seconds in which the server must become healthy."""
    concurrency: int = Field(default=1, ge=1)
    """Requests kept in flight while measuring."""


class SmokeTest(Section):
    images: int = Field(default=10, ge=1)
    """Labelled images whose class is compared."""
    burst_requests: int = Field(default=20, ge=0)
    """Requests of the closing burst; 0 leaves it out."""
    burst_concurrency: int = Field(default=4, ge=1)
    """Requests of the burst in flight at once."""
    timeout_seconds: float = Field(default=60, gt=0)
    """Seconds that one request may take."""


class Pipeline(Section):
    name: Text = "gpu-release"
    """Experiment under which the runs are listed."""
    endpoint: Text = "gpu-release"
    """PipelineEndpoint whose default is the pipeline published last."""


class Schedule(Section):
    name: Text = "gpu-release-schedule"
    """Name of the schedule on the endpoint."""
    frequency: Literal["Minute", "Hour", "Day", "Week", "Month"] = "Week"
    """Unit of interval."""
    interval: int = Field(default=1, ge=1)
    """Units between two runs."""
    hours: tuple[Annotated[int, Field(ge=0, le=23)], ...] = Field(default=(), strict=False)
    """Hours of the day, in UTC; Day and Week only."""
    minutes: tuple[Annotated[int, Field(ge=0, le=59)], ...] = Field(default=(), strict=False)
    """Minutes of the hour; Day and Week only."""
    week_days: tuple[WeekDay, ...] = Field(default=(), strict=False)
    """Days of the week; Week only."""

    @model_validator(mode="after")
    def _times_fit_frequency(self) -> "Schedule":
        if self.week_days and self.frequency != "Week":
            raise ValueError(f"week_days needs frequency Week, not {self.frequency}")
        if (self.hours or self.minutes) and self.frequency not in ("Day", "Week"):
            raise ValueError(f"hours and minutes need frequency Day or Week, not {self.frequency}")
        return self


class Settings(Section):
    """All settings of one target."""

    target: Target
    """Which workspace: the local one, or dev or prod in Azure."""
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
    scoring: Scoring = Scoring()
    """How the service scores."""
    monitoring: Monitoring = Monitoring()
    """What the service notes of its requests, and how that is judged."""
    validation: Validation
    """What a candidate must prove."""
    smoke_test: SmokeTest = SmokeTest()
    """What the live service must answer."""
    pipeline: Pipeline = Pipeline()
    """Names of the pipeline in the workspace."""
    schedule: Schedule = Schedule()
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
    def _compute_has_gpu(self) -> "Settings":
        if self.validation.require_gpu and gpu_size(self.compute.vm_size) is None:
            raise ValueError(f"validation.require_gpu is true but compute.vm_size={self.compute.vm_size} has no GPU")
        return self

    @model_validator(mode="after")
    def _cluster_fits_service(self) -> "Settings":
        node = gpu_size(self.cluster.vm_size)
        if self.service.enable_gpu:
            if node is None:
                raise ValueError(
                    f"service.enable_gpu is true but cluster.vm_size={self.cluster.vm_size} has no GPU: "
                    "choose a GPU size or set service.enable_gpu to false and service.gpu_cores to 0"
                )
            self._check_gpus(node)
        if node and self.cluster.purpose != "DevTest" and node.vcpus * self.cluster.nodes < FAST_PROD_MIN_VCPUS:
            raise ValueError(
                f"cluster.purpose={self.cluster.purpose} needs {FAST_PROD_MIN_VCPUS} virtual CPUs, "
                f"{self.cluster.nodes} x {self.cluster.vm_size} have {node.vcpus * self.cluster.nodes}: "
                "add nodes, or set cluster.purpose to DevTest"
            )
        return self

    def _check_gpus(self, node: GpuSize) -> None:
        per_node = node.gpus // self.service.gpu_cores
        needed = self.service.replicas + 1
        if per_node * self.cluster.nodes < needed:
            raise ValueError(
                f"service.replicas={self.service.replicas} and the one more that an update starts need room for "
                f"{needed} replicas of {self.service.gpu_cores} GPU, but cluster.nodes={self.cluster.nodes} x "
                f"{self.cluster.vm_size} ({node.gpus} GPU each) have room for {per_node * self.cluster.nodes}"
            )


def load_settings(
    target: str | None = None,
    overrides: Mapping[str, str] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Settings:
    """Read, merge and check the settings of ``target`` (else AMLGPU_TARGET, else local).

    ``overrides`` maps ``section.key`` to text, read as a YAML value where the key isn't text itself.
    Raises ConfigError, which names the file (or variable), the key, the value and what is allowed.
    """
    chosen = resolve_target(target, environ)
    merged = file_layer(chosen) | environment_layer(Settings, environ) | override_layer(Settings, overrides or {})
    values: dict[str, dict[str, object]] = {}
    for key, entry in merged.items():
        section, _, name = key.partition(".")
        values.setdefault(section, {})[name] = entry.value
    try:
        return Settings.model_validate({"target": chosen} | values)
    except ValidationError as error:
        origins = {key: entry.origin for key, entry in merged.items()}
        raise explain(error, Settings, file_name(chosen), origins) from None


def config_hash(settings: Settings) -> str:
    """First 12 hexadecimal digits of the SHA-256 of the settings as JSON with sorted keys."""
    canonical = json.dumps(settings.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]
