import json
import logging
from collections.abc import Iterator

import prometheus_client
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from scoring.batcher import Batch
from scoring.monitoring.histogram import Histogram
from scoring.monitoring.metrics import LoadLog, Metrics


def values(metrics: Metrics) -> dict[str, float]:
    families = text_string_to_metric_families(metrics.text().decode())
    return {
        sample.name + "".join(sample.labels.values()): sample.value for family in families for sample in family.samples
    }


def test_metrics_are_prometheus_text() -> None:
    metrics = Metrics(lambda: 7.0, 1.5)
    for status in (200, 200, 503):
        metrics.count(status)
    metrics.observe(Batch([b""] * 2, [], (0.004, 0.006), 0.03))
    told = values(metrics)
    assert (told["scoring_requests_total200"], told["scoring_requests_total503"]) == (2, 1)
    assert (told["scoring_batch_size_count"], told["scoring_batch_size_sum"]) == (1, 2)
    assert told["scoring_queue_seconds_sum"] == pytest.approx(0.01)
    assert told["scoring_compute_seconds_sum"] == pytest.approx(0.03)
    assert (told["scoring_waiting"], told["scoring_start_seconds"]) == (7, 1.5)
    assert told["process_resident_memory_bytes"] > 0


def test_processes_are_told_apart() -> None:
    metrics = Metrics(lambda: 7.0, 1.5)
    metrics.count(200)
    families = list(text_string_to_metric_families(metrics.text(4711).decode()))
    labels = [sample.labels for family in families for sample in family.samples]
    assert {one.get("process") for one in labels} == {"4711"}
    assert {"status": "200", "process": "4711"} in labels
    assert b"4711" not in metrics.text()


def test_buckets_count_as_prometheus_client_does() -> None:
    registry = CollectorRegistry()
    theirs = prometheus_client.Histogram("seconds", "Of something", buckets=(0.5, 1, 2.5), registry=registry)
    ours = Histogram("seconds", "Of something", (0.5, 1, 2.5))
    for value in (0, 0.5, 0.50001, 1, 2.4, 2.5, 3, 1e9):
        theirs.observe(value)
        ours.add(value)
    ours_only = CollectorRegistry()
    ours_only.register(ours)
    told = prometheus_client.generate_latest(registry).decode().partition("# HELP seconds_created")[0]
    assert prometheus_client.generate_latest(ours_only).decode() == told


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    messages: list[str] = []
    with caplog.at_level(logging.INFO, logger="azmlinfsrv.load"):
        handler = logging.Handler()
        handler.emit = lambda record: messages.append(record.getMessage())  # type: ignore[method-assign]
        logging.getLogger("azmlinfsrv.load").addHandler(handler)
        yield messages
        logging.getLogger("azmlinfsrv.load").removeHandler(handler)


def test_a_line_a_second_sums_up_its_batches(lines: list[str]) -> None:
    times = iter([0.0, 0.4, 0.8, 1.2, 1.3])
    log = LoadLog(clock=lambda: next(times))
    for size in (1, 3, 4, 1):
        log.add(Batch([b""] * size, [], (0.002,) * size, 0.01))
    assert [json.loads(line) for line in lines] == [
        {
            "seconds": 1.2,
            "images": 8,
            "batch_mean": 2.7,
            "queue_ms_mean": 2.0,
            "queue_ms_max": 2.0,
            "compute_ms_mean": 10.0,
        }
    ]
