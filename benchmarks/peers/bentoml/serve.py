"""BentoML with its adaptive batching.

    python serve.py SAVED_MODEL PORT

https://docs.bentoml.com/en/latest/get-started/adaptive-batching.html: a batchable API with max_batch_size and
max_latency_ms, which is an upper limit (more waiting is answered 503), not a wait: the dispatcher learns that itself.
https://docs.bentoml.com/en/latest/build-with-bentoml/iotypes.html: "root input" takes the body as it is; the pydantic
annotations below make it, and the answer, the one element of a batch.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

import bentoml
from bentoml.validators import ContentType
from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from benchmarks.peers.classifier import Classifier as Model

MAX_BATCH = 32
MAX_LATENCY_MS = 30_000
SAVED_MODEL = "BENCHMARK_SAVED_MODEL"

Bodies = Annotated[list[bytes], BeforeValidator(lambda body: [body]), WithJsonSchema({"type": "file"})]
Answers = Annotated[list[bytes], PlainSerializer(lambda answers: answers[0]), ContentType("application/json")]


@bentoml.service(workers=1, threads=2, traffic={"timeout": 60}, logging={"access": {"enabled": False}})
class Classifier:
    def __init__(self) -> None:
        self._model = Model(Path(os.environ[SAVED_MODEL]))

    @bentoml.api(route="/score", batchable=True, max_batch_size=MAX_BATCH, max_latency_ms=MAX_LATENCY_MS)
    def predict(self, bodies: Bodies, /) -> Answers:
        return self._model.predict(bodies)


if __name__ == "__main__":
    folder = str(Path(__file__).parent)
    os.environ |= {SAVED_MODEL: sys.argv[1], "BENTOML_DO_NOT_TRACK": "true"}
    serve = ["serve", "serve:Classifier", "--working-dir", folder, "--host", "127.0.0.1", "--port", sys.argv[2]]
    os.execv(sys.executable, [sys.executable, "-m", "bentoml", *serve])  # noqa: S606
