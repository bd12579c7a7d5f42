"""The SavedModel as the users of a model server call it. Runs in each peer's own environment."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf


class Classifier:
    """`serving_default` of a SavedModel, called with a whole batch."""

    def __init__(self, saved_model: Path) -> None:
        self._loaded = tf.saved_model.load(str(saved_model))  # owns the variables
        self._signature = self._loaded.signatures["serving_default"]

    def call(self, images: Sequence[bytes]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Classes [batch] and probabilities [batch, classes] of JPEGs."""
        outputs = self._signature(jpegs=tf.constant(images))
        return outputs["classes"].numpy(), outputs["probabilities"].numpy()

    def predict(self, images: Sequence[bytes]) -> list[bytes]:
        """The JSON answer for each JPEG."""
        import orjson

        documents = (
            {"class": label, "probability": row.max(), "probabilities": row}
            for label, row in zip(*self.call(images), strict=True)
        )
        return [orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY) for document in documents]
