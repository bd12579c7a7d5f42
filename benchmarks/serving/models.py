"""The models that every service serves, exported once into the cache. Run as a program, it makes one.

    python -m benchmarks.serving.models resnet50

Both take a string tensor [batch] of JPEG bytes and give `classes` int64 [batch] and `probabilities` float32
[batch, 1001]. `resnet50` is decoding, resizing and ResNet-50 with random weights, so the model dominates; `tiny` is
one dense layer on a strongly reduced image, so the server dominates.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.serving import CACHE, ROOT
from benchmarks.serving.images import images

CLASSES = 1001
SEED = 20
SIDE = 224  # pixels, ResNet-50's input
TINY_SIDE = 8  # pixels
TINY_RATIO = 8  # libjpeg decodes an eighth of the side at a fraction of the cost


@dataclass(frozen=True)
class Expected:
    """What the model itself answers for one image."""

    label: int
    probability: float
    """Of that label."""

    probabilities: npt.NDArray[np.float32] = field(repr=False, compare=False)
    """Of every class."""


@dataclass(frozen=True)
class BenchmarkModel:
    """An exported model: `folder` is what a service sees as AZUREML_MODEL_DIR."""

    name: str
    folder: Path
    expected: tuple[Expected, ...]
    """The right answer for each of `images()`, in their order."""

    @property
    def saved_model(self) -> Path:
        return self.folder / "model"


def benchmark_model(name: str) -> BenchmarkModel:
    """The model called `name`, made by a process of its own: exported when the cache lacks it, frozen every time.

    CalledProcessError when that process fails.
    """
    folder = _folder(name)
    subprocess.run([sys.executable, "-m", __name__, name], cwd=ROOT, check=True, capture_output=True, text=True)
    return BenchmarkModel(name, folder, tuple(read_answers(folder)))


def _folder(name: str) -> Path:
    return CACHE / "models" / name / "1"


def _answers(folder: Path) -> Path:
    return folder / "expected.npz"


def read_answers(folder: Path) -> list[Expected]:
    """What the exported model in `folder` answers for each image."""
    with np.load(_answers(folder), allow_pickle=False) as arrays:
        pairs = list(zip(arrays["classes"], arrays["probabilities"], strict=True))
    return [Expected(int(label), float(row.max()), row) for label, row in pairs]


def make(name: str) -> None:
    """Export the model unless the cache has it, and freeze it with today's code, as registering a version does."""
    from scoring.model.frozen_graph import freeze
    from scoring.model.signature import default_contract

    if not _answers(_folder(name)).is_file():
        export(name)
    model = _folder(name) / "model"
    freeze(model, default_contract(model))


def export(name: str) -> None:
    """Write the SavedModel and, last, what it answers for each image when asked about that image alone."""
    import tensorflow as tf

    folder = _folder(name)
    shutil.rmtree(folder, ignore_errors=True)
    serve, variables = BUILDERS[name]()
    module = tf.Module()
    module.variables_to_save = variables
    module.serve = tf.function(serve, input_signature=[tf.TensorSpec([None], tf.string, name="jpegs")])
    tf.saved_model.save(module, str(folder / "model"), signatures={"serving_default": module.serve})
    outputs = [module.serve(tf.constant([image])) for image in images()]
    answers = {name: np.concatenate([one[name].numpy() for one in outputs]) for name in ("classes", "probabilities")}
    np.savez(_answers(folder), **answers)


Serve = Callable[[Any], dict[str, Any]]


def _resnet50() -> tuple[Serve, Any]:
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(SEED)
    network = keras.applications.ResNet50(weights=None, classes=CLASSES)
    for variable in network.weights:
        if len(variable.shape) == 1:  # of biases and normalisations: left at 0 or 1, an optimiser removes their work
            variable.assign(variable + tf.random.stateless_uniform(variable.shape, (SEED, SEED), -0.1, 0.1))

    def decode(jpeg: Any) -> Any:
        return tf.image.resize(tf.io.decode_jpeg(jpeg, channels=3), (SIDE, SIDE))

    def serve(jpegs: Any) -> dict[str, Any]:
        pixels = tf.map_fn(decode, jpegs, fn_output_signature=tf.TensorSpec((SIDE, SIDE, 3), tf.float32))
        return _outputs(network(keras.applications.resnet50.preprocess_input(pixels), training=False))

    return serve, network


def _tiny() -> tuple[Serve, Any]:
    import tensorflow as tf

    inputs = TINY_SIDE * TINY_SIDE * 3
    weights = tf.Variable(tf.random.stateless_normal((inputs, CLASSES), (SEED, SEED)) / inputs**0.5)

    def decode(jpeg: Any) -> Any:
        pixels = tf.io.decode_jpeg(jpeg, channels=3, ratio=TINY_RATIO)
        return tf.image.resize(pixels, (TINY_SIDE, TINY_SIDE)) / 32

    def serve(jpegs: Any) -> dict[str, Any]:
        spec = tf.TensorSpec((TINY_SIDE, TINY_SIDE, 3), tf.float32)
        pixels = tf.reshape(tf.map_fn(decode, jpegs, fn_output_signature=spec), (-1, inputs))
        return _outputs(tf.nn.softmax(pixels @ weights))

    return serve, weights


def _outputs(probabilities: Any) -> dict[str, Any]:
    import tensorflow as tf

    return {"classes": tf.argmax(probabilities, axis=1), "probabilities": probabilities}


BUILDERS: dict[str, Callable[[], tuple[Serve, Any]]] = {"resnet50": _resnet50, "tiny": _tiny}

if __name__ == "__main__":
    make(sys.argv[1])
