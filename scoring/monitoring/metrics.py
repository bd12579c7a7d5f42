"""What the service counts: Prometheus metrics, and one line of log a second while there is work."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from scoring.batcher import Batch
from scoring.monitoring.histogram import Histogram

CONTENT_TYPE = CONTENT_TYPE_LATEST
LOG_SECONDS = 1.0
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128)

logger = logging.getLogger("azmlinfsrv.load")


class Metrics:
    """The metrics of this process."""

    def __init__(self, waiting: Callable[[], float], start_seconds: float) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter("scoring_requests", "Answered requests", ["status"], registry=self._registry)
        self._sizes = self._histogram("scoring_batch_size", "Images a model call", SIZES)
        self._queue = self._histogram("scoring_queue_seconds", "Wait of an image for a model call", SECONDS)
        self._compute = self._histogram("scoring_compute_seconds", "One model call, decoding included", SECONDS)
        self._samples = Counter("scoring_samples", "Requests sampled", ["outcome"], registry=self._registry)
        Gauge("scoring_waiting", "Images waiting", registry=self._registry).set_function(waiting)
        Gauge("scoring_start_seconds", "From init() to ready", registry=self._registry).set(start_seconds)
        self._by_status: dict[int, Counter] = {}
        self._lock = threading.Lock()
        self._log = LoadLog()

    def _histogram(self, name: str, help_text: str, bounds: Sequence[float]) -> Histogram:
        histogram = Histogram(name, help_text, bounds)
        self._registry.register(histogram)
        return histogram

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
        with self._lock:
            self._sizes.add(batch.size)
            self._compute.add(batch.compute_seconds)
            for seconds in batch.queue_seconds:
                self._queue.add(seconds)
            self._log.add(batch)

    def text(self, process: int | None = None) -> bytes:
        """Everything in Prometheus' text format, with the label `process` where others answer beside this one."""
        return generate_latest(self._registry if process is None else _OfProcess(self._registry, process))


class _OfProcess(Collector):
    """What `registry` has, told apart from other processes': else their counters would seem one that falls."""

    def __init__(self, registry: CollectorRegistry, process: int) -> None:
        self._registry = registry
        self._label = {"process": str(process)}

    def collect(self) -> Iterable[Metric]:
        for family in self._registry.collect():
            family.samples = [one._replace(labels={**one.labels, **self._label}) for one in family.samples]
            yield family


class LoadLog:
    """Logs a JSON line about the batches of the last second or more, when the next batch is done.

    For one thread at a time.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._start(clock())

    def _start(self, now: float) -> None:
        self._since, self._batches, self._images = now, 0, 0
        self._queue, self._queue_max, self._compute = 0.0, 0.0, 0.0

    def add(self, batch: Batch) -> None:
        """Add one batch; writes the line if the last one is a second old."""
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
