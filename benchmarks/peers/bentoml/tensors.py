"""BentoML as in serve.py, with its JSON form of arrays: {"features": [[...]]}, answered [[...]].

    python tensors.py SAVED_MODEL PORT

https://docs.bentoml.com/en/latest/build-with-bentoml/iotypes.html#tensors
"""

import os
import sys
from pathlib import Path
from typing import Annotated

import bentoml
import numpy as np
from bentoml.validators import DType

from benchmarks.peers.tabular import Tabular as Model

MAX_ROWS = 1024  # it counts rows, of which a request may have 32
MAX_LATENCY_MS = 30_000
SAVED_MODEL = "BENCHMARK_SAVED_MODEL"

Rows = Annotated[np.ndarray, DType("float32")]


@bentoml.service(workers=1, threads=2, traffic={"timeout": 60}, logging={"access": {"enabled": False}})
class Tabular:
    def __init__(self) -> None:
        self._model = Model(Path(os.environ[SAVED_MODEL]))

    @bentoml.api(route="/score", batchable=True, max_batch_size=MAX_ROWS, max_latency_ms=MAX_LATENCY_MS)
    def predict(self, features: Rows) -> Rows:
        return self._model.call(features)


if __name__ == "__main__":
    folder = str(Path(__file__).parent)
    os.environ |= {SAVED_MODEL: sys.argv[1], "BENTOML_DO_NOT_TRACK": "true"}
    serve = ["serve", "tensors:Tabular", "--working-dir", folder, "--host", "127.0.0.1", "--port", sys.argv[2]]
    os.execv(sys.executable, [sys.executable, "-m", "bentoml", *serve])  # noqa: S606
