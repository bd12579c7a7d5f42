import json
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from benchmarks.serving.client.load import (
    MissingWrkError,
    Target,
    as_measured,
    parse,
    percentile,
    run_load,
    slope,
    write_target,
    wrk_version,
)
from benchmarks.serving.client.wires import RawJpeg

IMAGES = [b"first", b"second", b"third"]
needs_wrk = pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk isn't installed")


class Server(BaseHTTPRequestHandler):
    """Answers 200, but 503 to every third body."""

    protocol_version = "HTTP/1.1"
    seen: set[bytes]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.add(body)
        self.send_response(503 if body == IMAGES[2] else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    Server.seen = set()
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield write_target(f"http://127.0.0.1:{server.server_port}/score", RawJpeg(), IMAGES, tmp_path)
        server.shutdown()
        thread.join()


@needs_wrk
def test_every_image_is_sent_and_every_status_counted(target: Target) -> None:
    load = run_load(target, connections=3, seconds=1)

    assert Server.seen == set(IMAGES)
    assert set(load.statuses) == {"200", "503"}
    assert abs(load.statuses["200"] - 2 * load.statuses["503"]) <= 3
    assert load.faults == load.statuses["503"]
    assert load.errors == {}
    assert load.rate > 0
    assert 0 < load.p50_ms <= load.p99_ms


@needs_wrk
def test_connections_pause_before_each_request(target: Target) -> None:
    load = run_load(target, connections=2, seconds=1, pause_ms=400)

    assert 2 <= load.answers <= 10  # of thousands without a pause


def test_a_missing_wrk_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(MissingWrkError, match="apt-get install wrk"):
        wrk_version()


def report(**values: object) -> str:
    found = {
        "microseconds": 5_000_000,
        "requests": 3,
        "statuses": {"200": 3},
        "latencies": [[1000, 2], [2000, 1]],
        "good": 3,
        "span": 4.0,
        "sum_t": 3.0,
        "sum_tt": 5.0,
        "sum_tk": 8.0,
        **dict.fromkeys(("connect", "read", "write", "timeout", "report_seconds"), 0),
    }
    return f"Running 5s test\n  1 threads\nRESULT {json.dumps(found | values)}\n"


def test_parse_reads_the_line_of_the_script() -> None:
    load = parse(report(statuses={"200": 2, "503": 1}, read=2, report_seconds=0.5), 1, cpu_seconds=0.5015)

    assert (load.answers, load.faults, load.errors) == (3, 3, {"read": 2})
    assert (load.p50_ms, load.p99_ms) == (1, 2)
    assert load.client_cpu_us == pytest.approx(500)


def test_few_answers_are_counted_over_the_whole_time() -> None:
    assert parse(report(), 1, 0).rate == pytest.approx(0.6)


def test_no_answer_at_all_is_a_rate_of_nothing() -> None:
    nothing = {"requests": 0, "statuses": {}, "latencies": [], "good": 0, "sum_t": 0, "sum_tt": 0, "sum_tk": 0}
    load = parse(report(**nothing, timeout=8), 1, 0)

    assert (load.rate, load.answers, load.faults, load.p99_ms) == (0, 0, 8, 0)


def with_additions(latencies: dict[int, int], interval: int) -> dict[int, int]:
    """What wrk 4.1 makes of the latencies: `stats_correct` in its stats.c."""
    reported = Counter(latencies)
    for latency in range(interval * 2, max(latencies) + 1):
        shorter = latency - interval
        while reported[latency] and shorter > interval:
            reported[shorter] += latencies.get(latency, 0)
            shorter -= interval
    return +reported


def test_what_wrk_adds_is_taken_away_again() -> None:
    latencies = {90: 50, 100: 60, 110: 40, 399: 1, 450: 2, 1000: 1}
    reported = with_additions(latencies, 100)
    assert sum(reported.values()) > sum(latencies.values())

    found = as_measured(reported, 100, sum(latencies.values()))

    assert {latency: count for latency, count in found.items() if count} == latencies


def test_a_wrk_that_adds_nothing_is_believed() -> None:
    latencies = {100: 60, 900: 1, 1000: 1}

    assert as_measured(latencies, 100, 62) == latencies


@pytest.mark.parametrize(("percent", "latency"), [(50, 1), (98, 1), (99, 2), (100, 3)])
def test_a_percentile_is_one_of_the_latencies(percent: float, latency: int) -> None:
    assert percentile({3: 1, 1: 98, 2: 1}, percent) == latency


def sums(times: list[float]) -> tuple[int, float, float, float]:
    return len(times), sum(times), sum(t * t for t in times), sum(t * (k + 1) for k, t in enumerate(times))


@pytest.mark.parametrize("batch", [1, 16, 32])
def test_the_rate_does_not_depend_on_the_size_of_batches(batch: int) -> None:
    seconds_per_batch = batch / 40
    times = [number * seconds_per_batch for number in range(1, 21) for _ in range(batch)]

    assert slope(*sums(times)) == pytest.approx(40, rel=1e-9)


@pytest.mark.parametrize(("span", "rate"), [(4.0, 40), (0.5, 4)])
def test_one_batch_at_once_is_no_steady_rate(span: float, rate: float) -> None:
    good, sum_t, sum_tt, sum_tk = sums([number / 40 for number in range(20)])
    output = report(good=good, span=span, sum_t=sum_t, sum_tt=sum_tt, sum_tk=sum_tk)

    assert parse(output, 1, 0).rate == pytest.approx(rate)
