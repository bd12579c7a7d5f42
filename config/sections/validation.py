"""The sections that say what must be proven: of a candidate, and of the live service."""

from pydantic import Field

from config.sections.base import Section


class Validation(Section):
    require_gpu: bool = True
    """Refuse a candidate that didn't answer from a GPU; if not given, off in the local workspace, on in Azure."""
    accuracy_floor: float | None = Field(default=None, ge=0, le=1)
    """Least share of right answers, 0 to 1: right classes, exactly these labels, or outputs within the tolerance; null
    sets no threshold."""
    top_k_floor: float | None = Field(default=None, ge=0, le=1)
    """Least share of samples whose class is among the task.top_k likeliest, 0 to 1; null sets no threshold."""
    macro_f1_floor: float | None = Field(default=None, ge=0, le=1)
    """Least mean of the labels' F1, 0 to 1, of a multilabel task; null sets no threshold."""
    mae_ceiling: float | None = Field(default=None, ge=0)
    """Most mean absolute error of a regression, in its unit; null sets no threshold."""
    rmse_ceiling: float | None = Field(default=None, ge=0)
    """Most root of the mean squared error of a regression, in its unit; null sets no threshold."""
    tolerance_absolute: float = Field(default=1e-4, ge=0)
    """What each number of a tensors task may differ from its reference, besides tolerance_relative."""
    tolerance_relative: float = Field(default=1e-2, ge=0)
    """The same as a share of the reference's absolute value."""
    minimum_samples: int = Field(default=100, ge=1)
    """Fewest validation samples on which a task may be judged."""
    sample_count: int = Field(default=0, ge=0)
    """Validation samples to score; 0 takes all."""
    significance: float = Field(default=0.05, gt=0, lt=1)
    """More wrong answers, or greater errors, than production's are chance unless their probability is this or less."""
    parity_agreement: float = Field(default=0.99, ge=0, le=1)
    """Least share of samples on which the service must give the original SavedModel's class or labels."""
    parity_difference: float = Field(default=0.05, ge=0, le=1)
    """Most that any probability may differ from the original SavedModel's; of other numbers, as a share of the greatest
    absolute value of their output."""
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
    """Validation samples whose answer is compared."""
    burst_requests: int = Field(default=20, ge=0)
    """Requests of the closing burst; 0 leaves it out."""
    burst_concurrency: int = Field(default=4, ge=1)
    """Requests of the burst in flight at once."""
    timeout_seconds: float = Field(default=60, gt=0)
    """Seconds that one request may take."""
    first_answer_seconds: float = Field(default=60, ge=0)
    """Seconds in which a front end may not pass requests on yet to a service that is healthy: so long 404, 502, 503 and
    504, and no answer, are waited out. Any other answer is judged."""
