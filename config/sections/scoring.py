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
    max_body_megabytes: int = Field(default=10, ge=1, le=100)
    """Longest request, in megabytes of 2^20 bytes; Azure ML's front end lets 100 million bytes through."""
    max_pixels: int | None = Field(default=None, ge=1)
    """Largest width x height of an image; null: 25 million, and 4 million where the model takes images of any size.
    Of these, the images of one call together have no more either."""
    max_rows: int = Field(default=1024, ge=1)
    """Most rows of a request of JSON."""
    max_values: int = Field(default=4 * 2**20, ge=1)
    """Most numbers or strings of a request of JSON, all its inputs together."""
