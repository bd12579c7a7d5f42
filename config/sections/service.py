"""The sections that say what serves: the model, the web service, how it scores, and what it notes of its requests."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from config.sections.base import Section

ServiceName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,30}[a-z0-9]$")]


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
