"""What a request carries, by the model's kind of input: whether it may be scored, and what is asked of the model."""

from typing import Protocol

from scoring.contract import Contract, Input
from scoring.errors import RequestError
from scoring.inputs.examples import Examples
from scoring.inputs.image import ImageReader
from scoring.inputs.tensors import TensorReader
from scoring.settings import ServiceSettings

IMAGES = ("jpeg", "image")
"""Kinds of input of which a request is an image's bytes; those of the others are JSON."""


MAX_PIXELS = 25_000_000
"""Of an image that is resized. Decoding takes 3 bytes a pixel, 12 once a model has made floats of it."""
MAX_FREE_PIXELS = 4_000_000
"""Of one that stays as large as it is: 64 channels of floats, as a network's first layer makes, are a gigabyte."""


class Reader(Protocol):
    """Reads request bodies."""

    @property
    def usage(self) -> str:
        """What to POST, in a sentence."""

    def check(self, body: bytes) -> int:
        """What it weighs among those that wait, 0 where it costs little.

        Raises the RequestError that keeps `body` from being scored, as far as the event loop has time to tell.
        """

    def read(self, body: bytes) -> Examples:
        """The rows that `body` asks about. Raises the RequestError that keeps it from being scored."""

    def too_large(self, max_bytes: int) -> RequestError:
        """The error for a body of more than `max_bytes`."""


def open_reader(contract: Contract, settings: ServiceSettings) -> Reader:
    """The reader for what a model takes. StartupError where no request can carry it."""
    kind = contract.input.kind
    if kind in IMAGES:
        free = kind == "image" and _has_free_size(contract.input)
        return ImageReader(settings.max_pixels or (MAX_FREE_PIXELS if free else MAX_PIXELS), by_size=free)
    return TensorReader(
        contract.input.tensors,
        contract.signature,
        texts=kind == "text",
        max_rows=settings.max_rows,
        max_values=settings.max_values,
    )


def _has_free_size(images: Input) -> bool:
    return images.size is None and None in images.tensors[0].shape[1:3]
