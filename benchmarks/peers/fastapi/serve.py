"""FastAPI on uvicorn (uvloop, httptools) with the micro-batcher that its users write by hand.

    python serve.py SAVED_MODEL PORT

A lane takes what waits, up to MAX_BATCH images, and calls the model in a thread; it never waits for a batch to fill.
One process, since requests that meet in different processes can't share a batch, and without an access log:
https://www.uvicorn.org/settings/
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request, Response

from benchmarks.peers.classifier import Classifier

MAX_BATCH = 32
LANES = 2  # the decoding of one batch overlaps with the network of the other

Job = tuple[bytes, asyncio.Future[bytes]]


class Batcher:
    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._queue: asyncio.Queue[Job] = asyncio.Queue()

    async def predict(self, image: bytes) -> bytes:
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((image, future))
        return await future

    async def lane(self) -> None:
        while True:
            jobs = [await self._queue.get()]
            while len(jobs) < MAX_BATCH and not self._queue.empty():
                jobs.append(self._queue.get_nowait())
            await self._answer(jobs)

    async def _answer(self, jobs: list[Job]) -> None:
        try:
            answers = await asyncio.to_thread(self._classifier.predict, [image for image, _ in jobs])
        except Exception as error:  # noqa: BLE001 -- handed to those who wait
            for _, future in jobs:
                if not future.done():
                    future.set_exception(error)
        else:
            for (_, future), answer in zip(jobs, answers, strict=True):
                if not future.done():
                    future.set_result(answer)


def application(saved_model: Path) -> FastAPI:
    batcher = Batcher(Classifier(saved_model))

    @asynccontextmanager
    async def lanes(_: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(batcher.lane()) for _ in range(LANES)]
        yield
        for task in tasks:
            task.cancel()

    app = FastAPI(lifespan=lanes)

    @app.post("/score")
    async def score(request: Request) -> Response:
        return Response(await batcher.predict(await request.body()), media_type="application/json")

    return app


if __name__ == "__main__":
    uvicorn.run(
        application(Path(sys.argv[1])),
        host="127.0.0.1",
        port=int(sys.argv[2]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )
