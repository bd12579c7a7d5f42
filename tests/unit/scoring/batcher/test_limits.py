"""What is refused, given up, or answered before the end."""

import pytest

from scoring.errors import OverloadedError
from tests.unit.scoring.batcher.conftest import Model, build, result, submit


def test_a_full_queue_refuses(model: Model) -> None:
    batcher = build(model, max_queue=2)
    submit(batcher, b"a")
    model.started()
    submit(batcher, b"b", b"c")
    with pytest.raises(OverloadedError, match="2 requests are waiting"):
        submit(batcher, b"d")
    model.turns.release(2)
    batcher.close()


def test_bytes_are_bounded_and_given_back(model: Model) -> None:
    batcher = build(model, max_bytes=10)
    (first,) = submit(batcher, b"123456")
    model.started()
    with pytest.raises(OverloadedError, match="10 bytes of requests are held"):
        submit(batcher, b"12345")
    (second,) = submit(batcher, b"1234")
    assert batcher.held_bytes == 10
    model.turns.release(2)
    result(first), result(second)
    batcher.close()
    assert batcher.held_bytes == 0


def test_a_cancelled_request_leaves_no_trace(model: Model) -> None:
    batcher = build(model)
    submit(batcher, b"a")
    model.started()
    ticket = batcher.submit(b"gone", lambda _: pytest.fail("scored"))
    batcher.cancel(ticket)
    assert (batcher.waiting, batcher.held_bytes) == (0, 1)
    batcher.cancel(ticket)
    model.turns.release()
    batcher.close()
    assert model.calls.empty()


def test_closing_answers_what_waits_and_takes_nothing_more(model: Model) -> None:
    batcher = build(model)
    outcomes = submit(batcher, b"a", b"b", b"c")
    model.turns.release(10)
    batcher.close()
    assert [result(outcome).error for outcome in outcomes] == [None, None, None]
    with pytest.raises(OverloadedError, match="stopping"):
        submit(batcher, b"d")
