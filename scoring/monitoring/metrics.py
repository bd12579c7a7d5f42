"""What the service counts: Prometheus metrics, and one line of log a second while there is work."""

import json
import logging
import threading
import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from scoring.batcher import Batch

CONTENT_TYPE = CONTENT_TYPE_LATEST
LOG_SECONDS = 1.0
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128)

logger = logging.getLogger("azmlinfsrv.load")


class Metrics:
    """The metrics of this process; with several worker processes each has its own."""

    def __init__(self, waiting: Callable[[], float], start_seconds: float) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter("scoring_requests", "Answered requests", ["status"], registry=self._registry)
        self._sizes = Histogram("scoring_batch_size", "Images a model call", buckets=SIZES, registry=self._registry)
        self._queue = self._seconds("scoring_queue_seconds", "Wait of an image for a model call")
        self._compute = self._seconds("scoring_compute_seconds", "One model call, decoding included")
        self._samples = Counter("scoring_samples", "Requests sampled", ["outcome"], registry=self._registry)
        Gauge("scoring_waiting", "Images waiting", registry=self._registry).set_function(waiting)
        Gauge("scoring_start_seconds", "From init() to ready", registry=self._registry).set(start_seconds)
        self._by_status: dict[int, Counter] = {}
        self._log = LoadLog()

    def _seconds(self, name: str, help_text: str) -> Histogram:
        return Histogram(name, help_text, buckets=SECONDS, registry=self._registry)

    def count(self, status: int) -> None:
        """Count one answered request."""
        counter = self._by_status.get(status)
        if counter is None:
            counter = self._by_status[status] = self._requests.labels(status)
        counter.inc()

    def count_sample(self, outcome: str) -> None:
        """Count one sample: written, dropped or failed."""
        self._samples.labels(outcome).inc()

    def observe(self, batch: Batch) -> None:
        """Count one model call."""
        self._sizes.observe(batch.size)
        self._compute.observe(batch.compute_seconds)
        for seconds in batch.queue_seconds:
            self._queue.observe(seconds)
        self._log.add(batch)

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)


class LoadLog:
    """Logs a JSON line about the batches of the last second or more, when the next batch is done."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._start(clock())

    def _start(self, now: float) -> None:
        self._since, self._batches, self._images = now, 0, 0
        self._queue, self._queue_max, self._compute = 0.0, 0.0, 0.0

    def add(self, batch: Batch) -> None:
        """Add one batch; writes the line if the last one is a second old."""
        with self._lock:
            now = self._clock()
            self._batches += 1
            self._images += batch.size
            self._queue += sum(batch.queue_seconds)
            self._queue_max = max(self._queue_max, *batch.queue_seconds)
            self._compute += batch.compute_seconds
            if now - self._since >= LOG_SECONDS:
                logger.info("%s", json.dumps(self._line(now)))
                self._start(now)

    def _line(self, now: float) -> dict[str, float]:
        return {
            "seconds": round(now - self._since, 1),
            "images": self._images,
            "batch_mean": round(self._images / self._batches, 1),
            "queue_ms_mean": round(self._queue / self._images * 1e3, 1),
            "queue_ms_max": round(self._queue_max * 1e3, 1),
            "compute_ms_mean": round(self._compute / self._batches * 1e3, 1),
        }
