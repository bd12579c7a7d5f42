"""The models that every service serves, exported once into the cache. Run as a program, it makes one.

    python -m benchmarks.serving.models resnet50

Those of images take a string tensor [batch] of JPEG bytes and give `classes` int64 [batch] and `probabilities` float32
[batch, 1001]. `resnet50` is decoding, resizing and ResNet-50 with random weights, so the model dominates; `tiny` is one
dense layer on a strongly reduced image, so the server dominates; `constant` looks at no image and always answers the
same, so that only the server is left (`benchmarks.serving.interpreter`). `tabular` is one dense layer too, on
`features` float32 [batch, 256], which are sent as JSON, a row a request, and gives `probabilities` float32 [batch, 16]
alone; `tabular32` is the same model asked about 32 rows a request.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from benchmarks.serving import CACHE, ROOT
from benchmarks.serving.samples import FEATURES, images, rows

CLASSES = 1001
VALUES = 16
ROWS = {"tabular": 1, "tabular32": 32}
"""Rows of a request, for the models that are asked in JSON."""
CONSTANT = "constant"
"""Not among those that services are compared with."""
IMAGE_MODELS = ("resnet50", "tiny")
SEED = 20
SIDE = 224  # pixels, ResNet-50's input
TINY_SIDE = 8  # pixels
TINY_RATIO = 8  # libjpeg decodes an eighth of the side at a fraction of the cost


Form = Literal["jpeg", "json"]
"""What a request holds."""


@dataclass(frozen=True)
class Expected:
    """What the model itself answers for one image or row."""

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
    """The right answer for each image, or each row of each request, in the order of `samples`."""

    @property
    def saved_model(self) -> Path:
        return self.folder / "model"

    @property
    def form(self) -> Form:
        return "json" if self.name in ROWS else "jpeg"

    @property
    def samples(self) -> Sequence[Any]:
        """What the requests are about: the bytes of an image each, or an array [rows, FEATURES]."""
        return samples(self.name)


def benchmark_model(name: str) -> BenchmarkModel:
    """The model called `name`, made by a process of its own: exported when the cache lacks it, frozen every time.

    CalledProcessError when that process fails.
    """
    folder = version_folder(name)
    subprocess.run([sys.executable, "-m", __name__, name], cwd=ROOT, check=True, capture_output=True, text=True)
    return BenchmarkModel(name, folder, tuple(read_answers(folder)))


def version_folder(name: str) -> Path:
    return CACHE / "models" / name / "1"


def samples(name: str) -> Sequence[Any]:
    """Those of the model called `name`."""
    return rows(ROWS[name]) if name in ROWS else images()


def _answers(folder: Path) -> Path:
    return folder / "expected.npz"


def read_answers(folder: Path) -> list[Expected]:
    """What the exported model in `folder` answers for each image or row."""
    with np.load(_answers(folder), allow_pickle=False) as arrays:
        return expected(arrays["probabilities"])


def expected(probabilities: npt.NDArray[np.float32]) -> list[Expected]:
    """An answer for each row of [n, classes]."""
    return [Expected(int(row.argmax()), float(row.max()), row) for row in probabilities]


def make(name: str) -> None:
    """Export the model unless the cache has it, and freeze it with today's code, as registering a version does."""
    from scoring.contract import read_contract
    from scoring.model.frozen_graph import freeze
    from scoring.model.signature import default_contract

    folder = version_folder(name)
    if not _answers(folder).is_file():
        export(name)
    freeze(folder / "model", read_contract(folder) or default_contract(folder / "model"))


def export(name: str) -> None:
    """Write the SavedModel, its contract and, last, what it answers for each sample when asked about that alone."""
    import tensorflow as tf

    folder = version_folder(name)
    shutil.rmtree(folder, ignore_errors=True)
    serve, variables = (_constant if name == CONSTANT else BUILDERS[name])()
    jpegs, features = tf.TensorSpec([None], tf.string, "jpegs"), tf.TensorSpec([None, FEATURES], tf.float32, "features")
    module = tf.Module()
    module.variables_to_save = variables
    module.serve = tf.function(serve, input_signature=[features if name in ROWS else jpegs])
    tf.saved_model.save(module, str(folder / "model"), signatures={"serving_default": module.serve})
    if name in ROWS:
        _write_contract(folder)
    asked = samples(name) if name in ROWS else [[image] for image in images()]
    outputs = [module.serve(tf.constant(one))["probabilities"].numpy() for one in asked]
    np.savez(_answers(folder), probabilities=np.concatenate(outputs))


def _write_contract(folder: Path) -> None:
    from scoring.contract import Contract, Input, Task, Tensor, write_contract

    features = Tensor(name="features", dtype="float32", shape=(None, FEATURES))
    probabilities = Tensor(name="probabilities", dtype="float32", shape=(None, VALUES))
    write_contract(
        Contract(
            signature="serving_default",
            input=Input(kind="tensors", tensors=(features,)),
            task=Task(kind="tensors", outputs=(probabilities,)),
        ),
        folder,
    )


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


def _constant() -> tuple[Serve, Any]:
    import tensorflow as tf

    row = tf.Variable(tf.nn.softmax(tf.random.stateless_normal((1, CLASSES), (SEED, SEED))))

    def serve(jpegs: Any) -> dict[str, Any]:
        count = tf.size(jpegs)
        classes = tf.broadcast_to(tf.argmax(row, axis=1), [count])
        return {"classes": classes, "probabilities": tf.broadcast_to(row, [count, CLASSES])}

    return serve, row


def _tabular() -> tuple[Serve, Any]:
    import tensorflow as tf

    weights = tf.Variable(tf.random.stateless_normal((FEATURES, VALUES), (SEED, SEED)) / FEATURES**0.5)
    return lambda features: {"probabilities": tf.nn.softmax(features @ weights)}, weights


def _outputs(probabilities: Any) -> dict[str, Any]:
    import tensorflow as tf

    return {"classes": tf.argmax(probabilities, axis=1), "probabilities": probabilities}


BUILDERS: dict[str, Callable[[], tuple[Serve, Any]]] = {
    "resnet50": _resnet50,
    "tiny": _tiny,
    **dict.fromkeys(ROWS, _tabular),
}

if __name__ == "__main__":
    make(sys.argv[1])
