"""FastAPI on uvicorn (uvloop, httptools) with the micro-batcher that its users write by hand.

    python serve.py SAVED_MODEL PORT

A lane takes what waits, up to MAX_BATCH requests, and calls the model in a thread; it never waits for a batch to fill.
One process, since requests that meet in different processes can't share a batch, and without an access log:
https://www.uvicorn.org/settings/
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response

from benchmarks.peers.classifier import Classifier

MAX_BATCH = 32
LANES = 2  # the decoding of one batch overlaps with the network of the other

Job = tuple[Any, asyncio.Future[Any]]


class Batcher:
    def __init__(self, call: Callable[[Sequence[Any]], Sequence[Any]]) -> None:
        self._call = call
        self._queue: asyncio.Queue[Job] = asyncio.Queue()

    async def predict(self, sample: Any) -> Any:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((sample, future))
        return await future

    async def lane(self) -> None:
        while True:
            jobs = [await self._queue.get()]
            while len(jobs) < MAX_BATCH and not self._queue.empty():
                jobs.append(self._queue.get_nowait())
            await self._answer(jobs)

    async def _answer(self, jobs: list[Job]) -> None:
        try:
            answers = await asyncio.to_thread(self._call, [sample for sample, _ in jobs])
        except Exception as error:  # noqa: BLE001 -- handed to those who wait
            for _, future in jobs:
                if not future.done():
                    future.set_exception(error)
        else:
            for (_, future), answer in zip(jobs, answers, strict=True):
                if not future.done():
                    future.set_result(answer)


def application(batcher: Batcher) -> FastAPI:
    @asynccontextmanager
    async def lanes(_: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(batcher.lane()) for _ in range(LANES)]
        yield
        for task in tasks:
            task.cancel()

    return FastAPI(lifespan=lanes)


def main(saved_model: Path, port: int) -> None:
    batcher = Batcher(Classifier(saved_model).predict)
    app = application(batcher)

    @app.post("/score")
    async def score(request: Request) -> Response:
        return Response(await batcher.predict(await request.body()), media_type="application/json")

    run(app, port)


def run(app: FastAPI, port: int) -> None:
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
