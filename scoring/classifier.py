"""Owns the SavedModel: load it, warm it up, turn encoded images into answers. Knows nothing of HTTP."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import tensorflow as tf

from scoring.errors import BrokenImageError, StartupError
from scoring.signature import SIGNATURE_KEY, Pixels, read_signature

WARM_UP_SIDE = 224  # pixels; the commonest input of image classifiers
WARM_UP_CALLS = 2  # the first builds kernels and picks algorithms, the second runs as every request will
SUM_TOLERANCE = 0.02  # a half-precision softmax over 1,000 classes is off by up to about 0.01

# The inference server gives handlers to its own logger's children only, so `__name__` would write nowhere.
logger = logging.getLogger("azmlinfsrv.classifier")


@dataclass(frozen=True)
class Answer:
    """One image's result: its label and the float32 vector [classes] of probabilities."""

    label: int | str
    probabilities: npt.NDArray[np.float32]

    def to_json(self) -> bytes:
        """The body of a 200: `{"class": ..., "probability": ..., "probabilities": [...]}`."""
        document = {
            "class": self.label,
            "probability": self.probabilities.max(),
            "probabilities": self.probabilities,
        }
        return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)


class Classifier:
    """A SavedModel that is ready to answer; constructing one loads, checks and warms it up.

    `device` is where the probabilities were really computed, such as "GPU:0". `predict` may be called by several
    threads at once.
    """

    def __init__(self, saved_model: Path, *, require_gpu: bool = False) -> None:
        _prepare_gpus(require_gpu)
        self._loaded = _load(saved_model)  # holds the variables, which the signature refers to only weakly
        self._signature = read_signature(self._loaded)
        self._function = self._loaded.signatures[SIGNATURE_KEY]
        self.device = self._warm_up()
        if require_gpu and not self.device.startswith("GPU"):
            raise StartupError(f"SCORING_REQUIRE_GPU=1, but TensorFlow ran the model on {self.device}.")

    def predict(self, images: Sequence[bytes]) -> list[Answer]:
        """Answer JPEG or PNG images, in their order, with one call of the model.

        An image that the model can't decode is a BrokenImageError and fails the whole call: a caller with several
        images asks again for each.
        """
        try:
            outputs = self._call(images)
        except tf.errors.InvalidArgumentError as error:
            logger.info("The model refused an image: %s", _reason(error))
            raise BrokenImageError(
                "The model can't decode the image: it is damaged, or of a rare kind (CMYK)."
            ) from error
        rows = outputs[self._signature.probabilities].numpy().astype(np.float32, copy=False)
        return [Answer(label, row) for label, row in zip(self._labels(outputs, rows), rows, strict=True)]

    def _call(self, images: Sequence[bytes]) -> dict[str, Any]:
        pixels = self._signature.pixels
        batch = tf.constant(images) if pixels is None else tf.stack([_decode(image, pixels) for image in images])
        outputs: dict[str, Any] = self._function(**{self._signature.input_name: batch})
        return outputs

    def _labels(self, outputs: dict[str, Any], rows: npt.NDArray[np.float32]) -> list[int | str]:
        if self._signature.classes is None:
            return [int(index) for index in rows.argmax(axis=1)]
        classes = outputs[self._signature.classes].numpy().tolist()
        return [label.decode() if isinstance(label, bytes) else label for label in classes]

    def _warm_up(self) -> str:
        """Score a grey image; return the device that did it. Refuses a model whose output isn't a distribution."""
        grey = tf.fill((WARM_UP_SIDE, WARM_UP_SIDE, 3), tf.constant(128, tf.uint8))
        image = tf.io.encode_jpeg(grey).numpy()
        try:
            for _ in range(WARM_UP_CALLS):
                probabilities = self._call([image])[self._signature.probabilities]
        except tf.errors.OpError as error:
            size = f"{WARM_UP_SIDE} x {WARM_UP_SIDE}"
            raise StartupError(f"The model failed on a grey JPEG of {size} pixels: {_reason(error)}") from error
        total = float(probabilities.numpy().astype(np.float64).sum())
        if not abs(total - 1) <= SUM_TOLERANCE:
            name = self._signature.probabilities
            raise StartupError(f"Output {name!r} sums to {total:.4g} instead of 1: end the model with a softmax.")
        return str(probabilities.device).rpartition("/device:")[2]


def _prepare_gpus(require_gpu: bool) -> None:
    gpus = tf.config.list_physical_devices("GPU")
    if require_gpu and not gpus:
        raise StartupError(
            "SCORING_REQUIRE_GPU=1, but TensorFlow sees no GPU: check the node's size and driver, and that the image "
            "has the GPU build of TensorFlow."
        )
    for gpu in gpus:
        # Otherwise the first process takes the whole memory, and a second model on this GPU can't be compared with it.
        tf.config.experimental.set_memory_growth(gpu, True)


def _load(saved_model: Path) -> Any:
    if not tf.saved_model.contains_saved_model(str(saved_model)):
        raise StartupError(f"{saved_model} holds no SavedModel (saved_model.pb).")
    try:
        return tf.saved_model.load(str(saved_model))
    except Exception as error:  # TensorFlow documents no set: a damaged model raises anything from OSError to KeyError
        raise StartupError(f"The SavedModel in {saved_model} can't be loaded: {error}") from error


def _reason(error: tf.errors.OpError) -> str:
    """TensorFlow's own sentence, without the names of graph nodes around it."""
    lines = [line for line in error.message.splitlines() if line.strip() and "{{node" not in line]
    return str(lines[-1] if lines else error.message)


def _decode(image: bytes, pixels: Pixels) -> Any:
    """One image as a tensor [height, width, channels], resized bilinearly as Keras' image loaders do."""
    decoded = tf.io.decode_image(image, channels=pixels.channels, expand_animations=False)
    resized = tf.image.resize(decoded, (pixels.height, pixels.width))
    return tf.cast(tf.round(resized), pixels.dtype) if pixels.dtype == tf.uint8 else tf.cast(resized, pixels.dtype)
