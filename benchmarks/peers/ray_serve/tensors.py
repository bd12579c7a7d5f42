"""Ray Serve as in serve.py, with JSON: {"data": [[...]]}, answered {"predictions": [[...]]}.

    python tensors.py SAVED_MODEL PORT

https://docs.ray.io/en/latest/serve/http-guide.html: a request's json().
"""

import asyncio
import os
import sys
from pathlib import Path

os.environ |= {"RAY_SERVE_THROUGHPUT_OPTIMIZED": "1", "RAY_USAGE_STATS_ENABLED": "0"}  # read when ray is imported

import numpy as np
import orjson
from ray import serve
from starlette.requests import Request
from starlette.responses import Response

from benchmarks.peers.ray_serve.serve import BATCH_WAIT, MAX_BATCH, OPTIONS, run
from benchmarks.peers.tabular import Rows, Tabular


@serve.deployment(**OPTIONS)
class Service:
    def __init__(self, saved_model: str) -> None:
        self._model = Tabular(Path(saved_model))

    @serve.batch(max_batch_size=MAX_BATCH, batch_wait_timeout_s=BATCH_WAIT, max_concurrent_batches=2)
    async def predict(self, requests: list[Rows]) -> list[Rows]:
        return await asyncio.to_thread(self._model.predict, requests)

    async def __call__(self, request: Request) -> Response:
        answer = {"predictions": await self.predict(np.array((await request.json())["data"], np.float32))}
        return Response(orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")


if __name__ == "__main__":
    run(Service.bind(sys.argv[1]), int(sys.argv[2]))
