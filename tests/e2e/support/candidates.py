"""SavedModels that differ from the sample in one way each."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import tensorflow as tf

Change = Callable[[Any], Any]
"""Of the probabilities, a tensor [batch, 10]."""


def worse(probabilities: Any) -> Any:
    """Says 7 of every 8."""
    seven = probabilities[:, 7:8] + probabilities[:, 8:9]
    return tf.concat([probabilities[:, :7], seven, 0 * seven, probabilities[:, 9:]], axis=1)


def equal(probabilities: Any) -> Any:
    """Says the same, less surely."""
    return 0.9 * probabilities + 0.01


def slow(probabilities: Any) -> Any:
    """Says the same after some 50 ms of computing, which depends on the image: it can't be folded away."""
    busy = tf.ones((700, 700)) * tf.reduce_max(probabilities)
    for _ in range(16):
        busy = tf.linalg.matmul(busy, busy) / tf.reduce_max(busy) / 700
    return probabilities + 1e-9 * tf.reduce_mean(busy)


def write(sample: Path, folder: Path, change: Change) -> Path:
    """Write the SavedModel in ``sample`` with its probabilities changed; returns ``folder``."""
    loaded = tf.saved_model.load(str(sample))
    signature = loaded.signatures["serving_default"]

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="jpegs")])  # type: ignore[untyped-decorator]
    def serve(jpegs: Any) -> dict[str, Any]:
        probabilities = change(signature(jpegs=jpegs)["probabilities"])
        return {"classes": tf.argmax(probabilities, axis=1), "probabilities": probabilities}

    module = tf.Module()
    module.loaded = loaded  # the module must own the variables for them to be saved
    module.serve = serve
    tf.saved_model.save(module, str(folder), signatures={"serving_default": serve})
    return folder
