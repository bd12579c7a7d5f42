"""Ray Serve with @serve.batch.

    python serve.py SAVED_MODEL PORT

https://docs.ray.io/en/latest/serve/advanced-guides/dyn-req-batch.html: max_batch_size and batch_wait_timeout_s.
https://docs.ray.io/en/latest/serve/advanced-guides/performance.html: RAY_SERVE_THROUGHPUT_OPTIMIZED, and enough
max_ongoing_requests for a batch to fill.
"""

import asyncio
import os
import sys
from pathlib import Path

os.environ |= {"RAY_SERVE_THROUGHPUT_OPTIMIZED": "1", "RAY_USAGE_STATS_ENABLED": "0"}  # read when ray is imported

import ray
from ray import serve
from starlette.requests import Request
from starlette.responses import Response

from benchmarks.peers.classifier import Classifier

MAX_BATCH = 32
BATCH_WAIT = 0.0  # seconds
OPTIONS = {"max_ongoing_requests": 128, "ray_actor_options": {"num_cpus": 1}}


@serve.deployment(**OPTIONS)
class Service:
    def __init__(self, saved_model: str) -> None:
        self._classifier = Classifier(Path(saved_model))

    @serve.batch(max_batch_size=MAX_BATCH, batch_wait_timeout_s=BATCH_WAIT, max_concurrent_batches=2)
    async def predict(self, images: list[bytes]) -> list[bytes]:
        return await asyncio.to_thread(self._classifier.predict, images)

    async def __call__(self, request: Request) -> Response:
        return Response(await self.predict(await request.body()), media_type="application/json")


def run(application: serve.Application, port: int) -> None:
    ray.init(include_dashboard=False, logging_level="warning", num_cpus=os.cpu_count())
    serve.start(http_options={"host": "127.0.0.1", "port": port}, logging_config={"enable_access_log": False})
    serve.run(application, route_prefix="/score", blocking=True)


if __name__ == "__main__":
    run(Service.bind(sys.argv[1]), int(sys.argv[2]))
