"""Clients that vanish, dawdle or ask too much, against the real server with the batching worker."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from tests.integration.scoring.client.load import ask_all
from tests.integration.scoring.client.pictures import slow_image
from tests.integration.scoring.client.wire import CHUNKED, Wire, alone, chunk, head, post, probabilities, same
from tests.integration.scoring.server.running import BATCHING, Running, serve, until

SLOW = slow_image()
MAX_QUEUE = 12
MAX_HELD = 400_000  # bytes
ATTEMPTS = 50
MIB = 2**20


@pytest.fixture(scope="module")
def one_lane(sample_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that holds little and whose only lane one slow image occupies."""
    limits = {"SCORING_LANES": "1", "SCORING_MAX_QUEUE": str(MAX_QUEUE), "SCORING_MAX_HELD_BYTES": str(MAX_HELD)}
    with serve(sample_model_dir, tmp_path_factory.mktemp("one-lane"), **BATCHING, **limits) as running:
        yield running


@contextmanager
def queued(running: Running, bodies: Sequence[bytes]) -> Iterator[list[Wire]]:
    """Connections whose requests all wait while the only lane is busy with a slow image."""
    for _ in range(ATTEMPTS):  # in vain where this process got no processor while the slow image was scored
        with ExitStack() as stack:
            slow, *wires = [stack.enter_context(Wire(running.port)) for _ in range(len(bodies) + 1)]
            slow.send(post(SLOW))
            for wire, body in zip(wires, bodies, strict=True):
                wire.send(post(body))
            if _all_wait(running, slow, len(bodies)):
                yield wires
                assert slow.answer().status == 200
                return
    pytest.fail(f"{len(bodies)} requests never waited together in {ATTEMPTS} attempts")


def _all_wait(running: Running, slow: Wire, count: int) -> bool:
    """Whether `count` requests wait before the slow one is answered."""
    slow.socket.setblocking(False)
    try:
        while running.waiting() != count:
            with suppress(BlockingIOError):
                slow.socket.recv(1, socket.MSG_PEEK)
                return False
    finally:
        slow.socket.settimeout(60)
    return True


def test_clients_that_vanish_while_waiting_are_forgotten(one_lane: Running, digits: list[bytes]) -> None:
    expected = alone(one_lane.port, digits[:8])
    with queued(one_lane, digits[:8]) as wires:
        for wire in wires[::2]:
            wire.close()
        others = [wire.answer() for wire in wires[1::2]]
    assert same(probabilities(others), expected[1::2])
    until(lambda: one_lane.waiting() == 0, "an empty queue")


def test_clients_that_vanish_leave_no_bytes_behind(one_lane: Running, digits: list[bytes]) -> None:
    large = digits[0] + bytes(MAX_HELD // 8)  # what follows an image's end is ignored
    for _ in range(4):
        with queued(one_lane, [large] * 4) as wires:
            for wire in wires:
                wire.close()
    until(lambda: one_lane.waiting() == 0, "an empty queue")
    assert_room_for_everything(one_lane, digits[0])


def test_half_sent_bodies_leave_no_bytes_behind(one_lane: Running, digits: list[bytes]) -> None:
    for _ in range(8):
        with Wire(one_lane.port) as wire:
            wire.send(head(f"Content-Length: {MAX_HELD}", "Expect: 100-continue"))
            assert wire.answer().status == 100
            wire.send(digits[0] + bytes(MAX_HELD // 2))
    assert_room_for_everything(one_lane, digits[0])


@pytest.mark.parametrize("trickling", [False, True])
def test_half_sent_bodies_keep_nobody_out(one_lane: Running, digits: list[bytes], trickling: bool) -> None:
    """They hold all that may be held; the oldest gives way, and is told so."""
    with ExitStack() as stack:
        wires = [stack.enter_context(Wire(one_lane.port)) for _ in range(4)]
        for wire in wires:
            wire.send(head(f"Content-Length: {MAX_HELD}", "Expect: 100-continue"))
            assert wire.answer().status == 100
            wire.send(bytes(MAX_HELD // 4))
        with Wire(one_lane.port) as good:
            for wire in wires[::-1] if trickling else []:
                with suppress(OSError):
                    wire.send(b"x")
            assert [good.ask(post(digit)).status for digit in digits[:5]] == [200] * 5
        refused = wires[0].answer()
        assert (refused.status, refused.error) == (503, "Overloaded")


def assert_room_for_everything(running: Running, digit: bytes) -> None:
    """A body as large as all that may be held is scored: nothing is held any more."""
    body = digit.ljust(MAX_HELD, b"\0")
    with Wire(running.port) as wire:
        until(lambda: wire.ask(post(body)).status == 200, "room for one body")


def test_one_bad_image_costs_its_batch_nothing(one_lane: Running, digits: list[bytes]) -> None:
    broken = digits[0][: len(digits[0]) // 2]
    bodies = [*digits[:5], broken, *digits[5:10]]
    expected = alone(one_lane.port, digits[:10])
    with queued(one_lane, bodies) as wires:
        answers = [wire.answer() for wire in wires]
    bad = answers.pop(5)
    assert (bad.status, bad.error) == (400, "BrokenImage")
    assert same(probabilities(answers), expected)
    # The lane's share of the eleven and of the one before them: six, the broken one among them, then the rest.
    assert [answer.headers["amlgpu-batch-size"] for answer in answers] == ["6"] * 5 + ["5"] * 5


def test_a_full_queue_refuses_at_once(one_lane: Running, digits: list[bytes]) -> None:
    for _ in range(ATTEMPTS):  # in vain where the lane is free before the late one comes, or later than all of them
        with queued(one_lane, digits[:MAX_QUEUE]) as wires, Wire(one_lane.port) as late:
            refused = late.ask(post(digits[-1]))
            statuses = {wire.answer().status for wire in wires}
        if refused.status != 200 and statuses == {200}:
            assert (refused.status, refused.error, refused.headers["retry-after"]) == (503, "Overloaded", "1")
            return
    pytest.fail(f"the queue was never full in {ATTEMPTS} attempts")


def test_overload_is_answered_200_or_503(one_lane: Running, digits: list[bytes]) -> None:
    answers = ask_all(one_lane.port, [SLOW, *digits] * 20, concurrency=64)
    refused = [answer for answer in answers if answer.status != 200]
    assert {answer.status for answer in answers} == {200, 503}
    assert {(answer.error, answer.headers["retry-after"]) for answer in refused} == {("Overloaded", "1")}
    assert one_lane.waiting() == 0


def test_requests_that_wait_too_long_are_told_so(hurried: Running, digits: list[bytes]) -> None:
    answers = ask_all(hurried.port, [SLOW] * 128 + digits, concurrency=128)
    assert {answer.status for answer in answers} <= {200, 503}
    late = [answer for answer in answers if answer.status == 503]
    assert late
    assert {(answer.error, answer.headers["retry-after"]) for answer in late} == {("DeadlineExceeded", "1")}
    with Wire(hurried.port) as wire:
        until(lambda: wire.ask(post(digits[0])).status == 200, "the late ones to be forgotten")
    assert hurried.waiting() == 0


def test_bodies_that_come_too_slowly_are_given_up(hurried: Running, digits: list[bytes]) -> None:
    with ExitStack() as stack:
        wires = [stack.enter_context(Wire(hurried.port)) for _ in range(40)]
        for wire in wires:
            wire.send(post(digits[0])[:-1])
        for wire in wires:
            answer = wire.answer()
            assert (answer.status, answer.error) == (408, "SlowRequest")
            assert answer.headers["connection"] == "close"
            assert wire.ended()


def test_a_head_that_stops_is_given_up(hurried: Running) -> None:
    with Wire(hurried.port) as wire:
        wire.send(head()[:-2])
        assert wire.ended()


def test_a_body_that_never_ends_is_given_up(hurried: Running) -> None:
    with Wire(hurried.port) as wire:
        wire.send(CHUNKED)

        def send_for_ever() -> None:
            with suppress(OSError):
                while True:
                    wire.send(chunk(bytes(MIB)))

        sender = threading.Thread(target=send_for_ever)
        sender.start()
        answer = wire.answer()
        sender.join()
    assert (answer.status, answer.error) == (408, "SlowRequest")


def test_what_was_accepted_is_answered_before_the_end(
    sample_model_dir: Path, tmp_path: Path, digits: list[bytes]
) -> None:
    with serve(sample_model_dir, tmp_path, **BATCHING, SCORING_LANES="1") as running:
        expected = alone(running.port, digits)
        with queued(running, digits) as wires:
            running.process.terminate()
            answers = [wire.answer() for wire in wires]
            assert all(wire.ended() for wire in wires)
        assert same(probabilities(answers), expected)
        until(lambda: not psutil.pid_exists(running.process.pid) or running.process.status() == "zombie", "the end")
