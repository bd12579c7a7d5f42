"""The sections that say what serves: the registered model, and the web service."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from config.sections.base import Section

ServiceName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,30}[a-z0-9]$")]


class Model(Section):
    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._-]{0,254}$")]
    """Name under which versions are registered; if not given, that of the service's file."""


class Service(Section):
    name: ServiceName
    """Name of the web service: 3 to 32 of a-z, 0-9 and '-', starting with a letter; if not given, the file's."""
    enable_gpu: bool = True
    """Give each replica gpu_cores GPUs; `gpu_enabled` is accepted as the same key."""
    gpu_cores: int = Field(default=1, ge=0)
    """GPUs of one replica; 1 or more with enable_gpu, otherwise 0. Of no effect with cluster.managed: the size of the
    machine decides."""
    cpu_cores: float = Field(default=1.0, ge=0.1)
    """Virtual CPUs of one replica, in cores. Of no effect with cluster.managed, as gpu_cores."""
    memory_gb: float = Field(default=4.0, ge=0.5)
    """Memory of one replica, in gigabytes. Of no effect with cluster.managed, as gpu_cores."""
    replicas: int = Field(default=1, ge=1)
    """Copies of the service, with autoscale_max_replicas the fewest; with 1 an update means downtime."""
    autoscale_max_replicas: int | None = Field(default=None, ge=1)
    """Most copies, between which and `replicas` Azure ML follows the load; null: no autoscaling. Nodes aren't added."""
    autoscale_target_utilization: int = Field(default=70, ge=1, le=100)
    """Percent of the replicas that may be busy, requests that wait counted too, before one more is started."""
    enable_app_insights: bool = False
    """Send each request's time, status and answer to the workspace's Application Insights; it makes requests slower."""
    blobfuse_enabled: bool = True
    """Mount the model by blobfuse; false: download it. Counts where a service is created, no update changes it."""
    max_concurrent_requests: int = Field(default=64, ge=1)
    """Requests that Azure ML hands to one replica at once: only those are scored together. At 1, only the instances of
    one request are; the SDK says to leave it there unless Microsoft's support instructs otherwise."""
    max_queue_wait_ms: int = Field(default=5_000, ge=1)
    """Milliseconds that a request may wait for a replica before it is answered with 503."""
    scoring_timeout_ms: int = Field(default=60_000, ge=1, le=300_000)
    """Milliseconds that one request may take; above 300000 updates of the service are reported to fail."""
    deploy_timeout_seconds: int = Field(default=1_500, ge=60)
    """Seconds to wait for a deployment; Azure ML itself gives up after 1200."""
    strategy: Literal["in_place", "staged"] = "in_place"
    """staged: a service of one replica beside the live one is deployed and smoke-tested before that one is touched.
    With SDK v2 always: what takes all traffic is a deployment that was asked before it had any."""
    keep_previous: bool = False
    """With SDK v2: what ran before stays without traffic when the release is proven, which pays for its replicas too; a
    rollback is then a change of traffic, without a start, until the next candidate takes its place."""
    lease_seconds: int = Field(default=7_200, ge=60)
    """Seconds that one run may hold the service; another waits for its end, and takes over after this."""
    lease_wait_seconds: int = Field(default=7_200, ge=0)
    """Seconds to wait for another run that releases to the same service, or for its operation under way."""

    @property
    def most_replicas(self) -> int:
        """What the cluster needs room for, beside the one that an update starts."""
        return self.autoscale_max_replicas or self.replicas

    @property
    def replicas_key(self) -> str:
        """The setting that says so."""
        return "service.autoscale_max_replicas" if self.autoscale_max_replicas else "service.replicas"

    @model_validator(mode="after")
    def _replicas_in_order(self) -> "Service":
        if self.most_replicas < self.replicas:
            raise ValueError(
                f"autoscale_max_replicas={self.autoscale_max_replicas} is less than replicas={self.replicas}, the "
                "fewest: raise the one or lower the other"
            )
        return self

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
