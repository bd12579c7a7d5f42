"""How the service scores."""

from typing import Literal

from pydantic import Field

from config.sections.base import Section


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
