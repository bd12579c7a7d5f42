import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from benchmarks.serving.load import MissingWrkError, Target, parse, run_load, slope, write_target, wrk_version
from benchmarks.serving.wires import RawJpeg

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
        "seconds": 5.0,
        "statuses": {"200": 3},
        "good": 3,
        "sum_t": 3.0,
        "sum_tt": 5.0,
        "sum_tk": 8.0,
        "p50_ms": 1.0,
        "p99_ms": 2.0,
        **dict.fromkeys(("connect", "read", "write", "timeout"), 0),
    }
    return f"Running 5s test\n  1 threads\nRESULT {json.dumps(found | values)}\n"


def test_parse_reads_the_line_of_the_script() -> None:
    load = parse(report(statuses={"200": 3, "503": 1}, read=2), cpu_seconds=0.002)

    assert (load.answers, load.faults, load.errors) == (4, 3, {"read": 2})
    assert load.client_cpu_us == pytest.approx(500)


def test_few_answers_are_counted_over_the_whole_time() -> None:
    assert parse(report(), 0).rate == pytest.approx(0.6)


def test_no_answer_at_all_is_a_rate_of_nothing() -> None:
    load = parse(report(statuses={}, good=0, sum_t=0, sum_tt=0, sum_tk=0, timeout=8), 0)

    assert (load.rate, load.answers, load.faults) == (0, 0, 8)


def sums(times: list[float]) -> tuple[int, float, float, float]:
    return len(times), sum(times), sum(t * t for t in times), sum(t * (k + 1) for k, t in enumerate(times))


@pytest.mark.parametrize("batch", [1, 16, 32])
def test_the_rate_does_not_depend_on_the_size_of_batches(batch: int) -> None:
    seconds_per_batch = batch / 40
    times = [number * seconds_per_batch for number in range(1, 21) for _ in range(batch)]

    assert slope(*sums(times)) == pytest.approx(40, rel=1e-9)


def test_answers_that_came_at_once_have_no_rate() -> None:
    assert slope(*sums([0.0] * 20)) == 0
