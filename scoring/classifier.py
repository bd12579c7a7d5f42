"""Owns the SavedModel: load it, warm it up, turn encoded images into answers. Knows nothing of HTTP."""

import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from scoring.answer import Answer
from scoring.errors import BrokenImageError, ModelFailedError, RequestError, StartupError
from scoring.model.frozen_graph import has_frozen_graph
from scoring.model.network import open_network
from scoring.model.precision import cpu_flags, resolve_precision
from scoring.model.signature import default_contract

WARM_UP_SIDE = 224  # pixels; the commonest input of image classifiers
SUM_TOLERANCE = 0.02  # a half-precision softmax over 1,000 classes is off by up to about 0.01

# The inference server gives handlers to its own logger's children only, so `__name__` would write nowhere.
logger = logging.getLogger("azmlinfsrv.classifier")


class Classifier:
    """A SavedModel that is ready to answer; constructing one loads, checks and warms it up.

    `device` is where the probabilities were really computed, such as "GPU:0"; `precision` what they were computed in.
    `predict` may be called by several threads at once; `callers` says by how many. With `frozen=False` the frozen graph
    that the SavedModel may carry is left alone.
    """

    def __init__(
        self,
        saved_model: Path,
        *,
        require_gpu: bool = False,
        precision: str = "float32",
        xla: bool = False,
        max_batch: int = 1,
        callers: int = 1,
        frozen: bool = True,
    ) -> None:
        gpu = _prepare_gpus(require_gpu)
        frozen = frozen and has_frozen_graph(saved_model)
        if xla and not frozen:
            raise StartupError("SCORING_XLA=1 needs the frozen graph, which this model has none of.")
        self.precision = resolve_precision(precision, frozen=frozen, gpu=gpu, cpu_flags=cpu_flags())
        # Each new batch size costs XLA a compilation and cuDNN a search for algorithms; on a CPU it costs nothing.
        self._padded = gpu or xla
        self._sizes = batch_sizes(max_batch if self._padded else min(2, max_batch))
        # As many callers as cores keep them busy by themselves.
        busy = not gpu and callers >= (os.cpu_count() or 1)
        contract = default_contract(saved_model)
        self._network = open_network(
            saved_model, contract, self.precision, xla=xla, own_thread=busy and frozen, frozen=frozen
        )
        self.device = self._warm_up()
        if require_gpu and not self.device.startswith("GPU"):
            raise StartupError(f"SCORING_REQUIRE_GPU=1, but TensorFlow ran the model on {self.device}.")

    def score(self, images: Sequence[bytes]) -> list[Answer | RequestError]:
        """Answer each image; one that the model can't decode gets its error and costs the others little.

        A batch with such an image fails while it is decoded, before the network runs: halving it until the image
        stands alone repeats the cheap part only.
        """
        try:
            return [answer if isfinite(answer.probability) else _not_a_number() for answer in self.predict(images)]
        except BrokenImageError as error:
            if len(images) == 1:
                return [error]
        half = len(images) // 2
        return self.score(images[:half]) + self.score(images[half:])

    def predict(self, images: Sequence[bytes]) -> list[Answer]:
        """Answer JPEG or PNG images, in their order, with one call of the model.

        An image that the model can't decode is a BrokenImageError and fails the whole call. ModelFailedError when the
        model itself fails, or doesn't give one row an image.
        """
        try:
            results = self._call(images)
        except tf.errors.InvalidArgumentError as error:
            logger.info("The model refused an image: %s", _reason(error))
            raise BrokenImageError(
                "The model can't decode the image: it is damaged, or of a rare kind (CMYK)."
            ) from error
        except tf.errors.OpError as error:
            logger.error("The model failed on %d images: %s", len(images), _reason(error))  # noqa: TRY400
            raise ModelFailedError("The model failed; the service's log has the reason.") from error
        rows = results[-1].astype(np.float32, copy=False)
        labels = _labels(results, rows)
        if len(rows) < len(images) or len(labels) < len(images):
            logger.error("The model gave %d rows for %d images", len(rows), len(images))
            raise ModelFailedError("The model didn't give one answer an image.")
        return [Answer(label, row) for label, row, _ in zip(labels, rows, images, strict=False)]

    def _call(self, images: Sequence[bytes]) -> Sequence[npt.NDArray[Any]]:
        batch = [*images]
        if self._padded:
            size = next((size for size in self._sizes if size >= len(batch)), len(batch))
            batch += [min(batch, key=len)] * (size - len(batch))  # the cheapest to decode
        return self._network.call([batch])

    def _warm_up(self) -> str:
        """Score grey images in every batch size; return the device that did it. Refuses outputs that aren't sound."""
        grey = tf.fill((WARM_UP_SIDE, WARM_UP_SIDE, 3), tf.constant(128, tf.uint8))
        image = tf.io.encode_jpeg(grey).numpy()
        try:
            device = self._network.device([[image]])
            for size in self._sizes:
                probabilities = self._call([image] * size)[-1]
                _check_output(self._network.outputs[-1], probabilities, size)
        except tf.errors.OpError as error:
            size_text = f"{WARM_UP_SIDE} x {WARM_UP_SIDE}"
            raise StartupError(f"The model failed on a grey JPEG of {size_text} pixels: {_reason(error)}") from error
        return device


def batch_sizes(largest: int) -> tuple[int, ...]:
    """The powers of two below `largest`, and `largest`."""
    return (*(2**power for power in range(largest.bit_length()) if 2**power < largest), largest)


def _prepare_gpus(require_gpu: bool) -> bool:
    """Whether there is a GPU."""
    gpus = tf.config.list_physical_devices("GPU")
    if require_gpu and not gpus:
        raise StartupError(
            "SCORING_REQUIRE_GPU=1, but TensorFlow sees no GPU: check the node's size and driver, and that the image "
            "has the GPU build of TensorFlow."
        )
    for gpu in gpus:
        # Otherwise the first process takes the whole memory, and a second model on this GPU can't be compared with it.
        with suppress(RuntimeError):  # too late: this process has used the GPU already, as registering a model does
            tf.config.experimental.set_memory_growth(gpu, True)
    return bool(gpus)


def _labels(results: Sequence[npt.NDArray[Any]], rows: npt.NDArray[np.float32]) -> list[int | str]:
    if len(results) == 1:
        return [int(index) for index in rows.argmax(axis=1)]
    classes = results[0].tolist()
    return [label.decode() if isinstance(label, bytes) else label for label in classes]


def _not_a_number() -> ModelFailedError:
    return ModelFailedError("The model gave no finite probabilities for this image.")


def _check_output(name: str, probabilities: npt.NDArray[Any], size: int) -> None:
    rows = probabilities.astype(np.float64)
    if len(rows) != size:
        raise StartupError(f"Output {name!r} has {len(rows)} rows for {size} images instead of one each.")
    total = float(rows[0].sum())
    if not abs(total - 1) <= SUM_TOLERANCE:
        raise StartupError(f"Output {name!r} sums to {total:.4g} instead of 1: end the model with a softmax.")


def _reason(error: tf.errors.OpError) -> str:
    """TensorFlow's own sentence, without the names of graph nodes around it."""
    lines = [line for line in error.message.splitlines() if line.strip() and "{{node" not in line]
    return str(lines[-1] if lines else error.message)
