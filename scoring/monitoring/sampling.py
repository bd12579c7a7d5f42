"""Samples of what clients send and what they are answered: one JSON line each, for `amlgpu drift`.

    {"time": "2026-11-24T09:40:01.123+00:00", "image_sha256": "5f…", "class": 7, "index": 7, "probability": 0.998214,
     "latency_ms": 4.1, "model": "digits:3"}

`class` is the answered label, `index` the place of the greatest probability; other tasks note what they answered, as
`noted` of their answers says. A request of JSON has `body_sha256`, and of its rows one, chosen at random, is noted. The
image or body itself, as `image` or `body` in base64, is part of a line only where that was asked for. A request never
waits for its sample, and never fails for it: a thread of its own hashes and writes, and what it can't keep up with or
can't write is dropped and counted.
"""

import base64
import hashlib
import json
import logging
import random
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from scoring.batcher import Batch
from scoring.monitoring.sample_file import SampleFile
from scoring.settings import ServiceSettings
from scoring.tasks.answer import Answer, Answers

MAX_WAITING = 256
MAX_WAITING_BYTES = 32 * 2**20

logger = logging.getLogger("azmlinfsrv.samples")


@dataclass(frozen=True)
class Taken:
    """A request that was chosen, before it is written."""

    time: datetime
    image: bytes
    answer: Answer
    latency_ms: float

    def line(self, model: str, *, keep_image: bool) -> str:
        """The JSON line."""
        carried = "body" if isinstance(self.answer, Answers) else "image"
        sample = {
            "time": self.time.isoformat(timespec="milliseconds"),
            f"{carried}_sha256": hashlib.sha256(self.image).hexdigest(),
            **self.answer.noted,
            "latency_ms": round(self.latency_ms, 2),
            "model": model,
        }
        kept = {carried: base64.b64encode(self.image).decode()} if keep_image else {}
        return json.dumps(sample | kept)


class Sampler:
    """Takes a share of the answered requests and gives `write` a line for each, in a thread of its own.

    `write` raises OSError for what it can't write. `count` is told "written", "dropped" or "failed" for each sample.
    """

    def __init__(
        self, share: float, model: str, write: Callable[[str], None], count: Callable[[str], None], *, keep_images: bool
    ) -> None:
        self._share = share
        self._model = model
        self._write = write
        self._count = count
        self._keep_images = keep_images
        self._waiting: deque[Taken] = deque()
        self._waiting_bytes = 0
        self._changed = threading.Condition()
        self._failing = False
        threading.Thread(target=self._run, name="samples", daemon=True).start()

    def observe(self, batch: Batch) -> None:
        """Take this batch's share; called by a lane, after the batch was answered."""
        for image, result, queue_seconds in zip(batch.images, batch.results, batch.queue_seconds, strict=True):
            if isinstance(result, Answer) and random.random() < self._share:  # noqa: S311 -- a choice, not a secret
                latency_ms = (queue_seconds + batch.compute_seconds) * 1e3
                self._offer(Taken(datetime.now(timezone.utc), image, result, latency_ms))

    def _offer(self, taken: Taken) -> None:
        with self._changed:
            full = len(self._waiting) >= MAX_WAITING or self._waiting_bytes + len(taken.image) > MAX_WAITING_BYTES
            if not full:
                self._waiting.append(taken)
                self._waiting_bytes += len(taken.image)
                self._changed.notify()
        if full:
            self._count("dropped")

    def _run(self) -> None:
        while True:
            self._write_next()  # a method of its own, so that an idle thread keeps no image

    def _write_next(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting)
            taken = self._waiting.popleft()
            self._waiting_bytes -= len(taken.image)
        try:
            self._write(taken.line(self._model, keep_image=self._keep_images))
        except Exception as error:  # noqa: BLE001 -- whatever it is, the next sample has to be written
            self._failed(error)
            return
        self._failing = False
        self._count("written")

    def _failed(self, error: Exception) -> None:
        """Count it, and say so once until a sample can be written again: a full disk stays full for hours."""
        self._count("failed")
        if not self._failing:
            self._failing = True
            logger.error("No sample is written until this is mended: %s: %s", type(error).__name__, error)


def start_sampler(settings: ServiceSettings, model: str, count: Callable[[str], None]) -> Sampler | None:
    """The sampler that the settings ask for, None where they ask for none."""
    if not settings.sample_share:
        return None
    write: Callable[[str], None] = logger.info
    if settings.sample_folder:
        write = SampleFile(Path(settings.sample_folder), settings.sample_file_bytes, settings.sample_files).write
    return Sampler(settings.sample_share, model, write, count, keep_images=settings.sample_images)
