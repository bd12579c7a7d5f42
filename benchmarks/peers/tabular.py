"""The SavedModel of numbers as the users of a model server call it. Runs in each peer's own environment."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf

Rows = npt.NDArray[np.float32]
"""[rows, features], or of an answer [rows, values]."""


class Tabular:
    """`serving_default` of a SavedModel, called with a whole batch."""

    def __init__(self, saved_model: Path) -> None:
        self._loaded = tf.saved_model.load(str(saved_model))  # owns the variables
        self._signature = self._loaded.signatures["serving_default"]

    def call(self, rows: Rows) -> Rows:
        answer: Rows = self._signature(features=tf.constant(rows))["probabilities"].numpy()
        return answer

    def predict(self, requests: Sequence[Rows]) -> list[Rows]:
        """The answer to each request, of a row or more each."""
        ends = np.cumsum([len(rows) for rows in requests])
        return np.split(self.call(np.concatenate(requests)), ends[:-1])
