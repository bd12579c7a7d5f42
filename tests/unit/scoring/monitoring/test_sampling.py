import base64
import hashlib
import json
import logging
import random
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Queue
from typing import Any

import numpy as np
import pytest

from scoring.batcher import Batch
from scoring.errors import BrokenImageError
from scoring.monitoring.sample_file import SampleFile
from scoring.monitoring.sampling import MAX_WAITING, Sampler, start_sampler
from scoring.settings import ServiceSettings
from scoring.tasks.answer import Answers
from scoring.tasks.classification import Classification
from scoring.tasks.regression import Values

SECONDS = 20.0  # after which a test that hangs fails
ANSWER = Classification("seven", np.array([0.25, 0.0, 0.75], np.float32))


def batch(*images: bytes) -> Batch:
    return Batch(images, [ANSWER] * len(images), (0.002,) * len(images), 0.004)


class Sink:
    """Holds the written lines and the counted outcomes."""

    def __init__(self, write: Callable[[str], None] | None = None) -> None:
        self.lines: Queue[str] = Queue()
        self.outcomes: Queue[str] = Queue()
        self.write = write or self.lines.put

    def sampler(self, share: float = 1.0, *, keep_images: bool = False) -> Sampler:
        return Sampler(share, "digits:3", self.write, self.outcomes.put, keep_images=keep_images)

    def sample(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.lines.get(timeout=SECONDS))
        return value

    def outcome(self) -> str:
        return self.outcomes.get(timeout=SECONDS)


def test_a_sample_says_what_was_answered_and_never_holds_the_image() -> None:
    sink = Sink()
    sink.sampler().observe(batch(b"an image"))
    sample = sink.sample()
    assert sample.pop("time").endswith("+00:00")
    assert sample == {
        "image_sha256": hashlib.sha256(b"an image").hexdigest(),
        "class": "seven",
        "index": 2,
        "probability": 0.75,
        "latency_ms": 6.0,
        "model": "digits:3",
    }
    assert sink.outcome() == "written"


def test_the_image_is_kept_where_that_is_asked_for() -> None:
    sink = Sink()
    sink.sampler(keep_images=True).observe(batch(b"an image"))
    assert base64.b64decode(sink.sample()["image"]) == b"an image"


def test_of_a_request_of_json_one_row_is_noted() -> None:
    sink = Sink()
    rows = [Values(np.array([number], np.float32)) for number in (10, 20, 30)]
    body = b'{"instances": [1, 2, 3]}'
    sink.sampler(keep_images=True).observe(Batch([body], [Answers(rows, "instances")], (0.002,), 0.004))
    sample = sink.sample()
    assert sample["body_sha256"] == hashlib.sha256(body).hexdigest()
    assert base64.b64decode(sample["body"]) == body
    assert (sample["rows"], sample["value"]) == (3, 10 * (sample["row"] + 1))
    assert not sample.keys() & {"image", "image_sha256", "class"}


def test_a_share_of_the_answered_requests_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn, draws = random.Random(20), random.Random(20)  # noqa: S311
    wanted = sum(drawn.random() < 0.5 for _ in range(100))
    monkeypatch.setattr("scoring.monitoring.sampling.random", draws)
    assert 40 <= wanted <= 60
    sink = Sink()
    sampler = sink.sampler(0.5)
    for _ in range(100):
        sampler.observe(batch(b"image"))
        sampler.observe(Batch([b"torn"], [BrokenImageError("torn")], (0.0,), 0.0))
    assert [sink.outcome() for _ in range(wanted)] == ["written"] * wanted
    assert {sink.sample()["image_sha256"] for _ in range(wanted)} == {hashlib.sha256(b"image").hexdigest()}
    assert sink.lines.empty()
    assert sink.outcomes.empty()


def stalled_sink() -> tuple[Sink, Sampler, threading.Event]:
    """One whose first sample is being written until the event is set."""
    stalled, started = threading.Event(), threading.Event()

    def write(_line: str) -> None:
        started.set()
        assert stalled.wait(SECONDS)

    sink = Sink(write)
    sampler = sink.sampler()
    sampler.observe(batch(b"first"))
    assert started.wait(SECONDS)
    return sink, sampler, stalled


def test_more_than_can_be_written_is_dropped_and_nobody_waits() -> None:
    sink, sampler, stalled = stalled_sink()
    for _ in range(MAX_WAITING + 5):
        sampler.observe(batch(b"image"))
    assert [sink.outcomes.get_nowait() for _ in range(5)] == ["dropped"] * 5
    assert sink.outcomes.empty()
    stalled.set()
    assert [sink.outcome() for _ in range(MAX_WAITING + 1)] == ["written"] * (MAX_WAITING + 1)


def test_large_images_that_wait_are_bounded_in_bytes() -> None:
    sink, sampler, stalled = stalled_sink()
    large = bytes(10 * 2**20)
    for _ in range(4):
        sampler.observe(batch(large))
    assert sink.outcomes.get_nowait() == "dropped"
    stalled.set()


def test_a_failure_is_said_once_and_the_next_sample_is_tried(caplog: pytest.LogCaptureFixture) -> None:
    errors: list[Exception | None] = [OSError(28, "No space left on device"), OSError(28, "No space"), None]

    def write(line: str) -> None:
        if error := errors.pop(0):
            raise error

    sink = Sink(write)
    sampler = sink.sampler()
    with caplog.at_level(logging.ERROR, logger="azmlinfsrv.samples"):
        sampler.observe(batch(b"1", b"2", b"3"))
        assert [sink.outcome() for _ in range(3)] == ["failed", "failed", "written"]
    assert [record.getMessage() for record in caplog.records] == [
        "No sample is written until this is mended: OSError: [Errno 28] No space left on device"
    ]


def test_off_by_default() -> None:
    assert start_sampler(ServiceSettings(), "digits:3", print) is None


def test_without_a_folder_samples_are_lines_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    written = Queue[str]()
    with caplog.at_level(logging.INFO, logger="azmlinfsrv.samples"):
        sampler = start_sampler(ServiceSettings(sample_share=1.0), "digits:3", written.put)
        assert sampler is not None
        sampler.observe(batch(b"image"))
        assert written.get(timeout=SECONDS) == "written"
    (record,) = caplog.records
    assert json.loads(record.getMessage())["class"] == "seven"


def test_files_rotate_within_their_bounds(tmp_path: Path) -> None:
    file = SampleFile(tmp_path / "new" / "samples", 1000, 3)
    for number in range(100):
        file.write(f"{number:099}")
    found = {path.name: path for path in (tmp_path / "new" / "samples").glob("*.jsonl*")}
    assert sorted(found) == ["samples-0.jsonl", "samples-0.jsonl.1", "samples-0.jsonl.2"]
    assert all(path.stat().st_size <= 1000 for path in found.values())
    assert int(found["samples-0.jsonl"].read_text().splitlines()[-1]) == 99
    assert (tmp_path / "new" / "samples").stat().st_mode & 0o777 == 0o700


def test_processes_have_files_of_their_own_and_take_over_those_of_the_dead(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from scoring.monitoring.sample_file import SampleFile;"
        "file = SampleFile(Path(sys.argv[1]), 1000, 2); file.write('other');"
        "print('written', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    root = Path(__file__).parents[4]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "written\n"
        mine = SampleFile(tmp_path, 1000, 2)
        mine.write("mine")
        other.kill()
    SampleFile(tmp_path, 1000, 2).write("taken over")
    assert (tmp_path / "samples-0.jsonl").read_text() == "other\ntaken over\n"
    assert (tmp_path / "samples-1.jsonl").read_text() == "mine\n"


def test_a_full_disk_is_an_error_until_there_is_room(tmp_path: Path) -> None:
    path = tmp_path / "samples-0.jsonl"
    path.symlink_to("/dev/full")
    file = SampleFile(tmp_path, 1000, 2)
    for _ in range(2):
        with pytest.raises(OSError, match="No space left on device"):
            file.write("lost")
    path.unlink()
    file.write("kept")
    assert path.read_text() == "kept\n"


def test_a_folder_that_cannot_be_made_is_an_error_and_tried_again(tmp_path: Path) -> None:
    (tmp_path / "folder").touch()
    file = SampleFile(tmp_path / "folder", 1000, 2)
    with pytest.raises(OSError, match="exists"):
        file.write("lost")
    (tmp_path / "folder").unlink()
    file.write("kept")
    assert (tmp_path / "folder" / "samples-0.jsonl").read_text() == "kept\n"
