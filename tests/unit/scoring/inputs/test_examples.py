"""How requests become calls of the model."""

import numpy as np
import pytest

from scoring.inputs.examples import Examples, calls, gather, packs, pad


def request(*rows: int) -> Examples:
    return Examples([np.array(rows), [b"%d" % row for row in rows]], len(rows), ())


def test_rows_of_requests_follow_each_other() -> None:
    numbers, texts = gather([request(1, 2), request(3)])
    assert (np.asarray(numbers).tolist(), texts) == ([1, 2, 3], [b"1", b"2", b"3"])


@pytest.mark.parametrize(
    ("sizes", "packed"),
    [
        ([1, 1, 1], [3]),
        ([1] * 5, [4, 1]),
        ([3, 2, 2, 1], [1, 2, 1]),
        ([9, 1], [1, 1]),
        ([1, 9, 1], [1, 1, 1]),
        ([4, 4], [1, 1]),
    ],
)
def test_requests_are_packed_whole_and_in_their_order(sizes: list[int], packed: list[int]) -> None:
    requests = [request(*range(size)) for size in sizes]
    found = list(packs(requests, 4))
    assert [len(pack) for pack in found] == packed
    assert [one for pack in found for one in pack] == requests


def test_many_rows_are_several_calls() -> None:
    parts = list(calls(gather([request(*range(9))]), 9, 4))
    assert [rows for _, rows in parts] == [4, 4, 1]
    assert [row for (numbers, _), _ in parts for row in np.asarray(numbers).tolist()] == list(range(9))


def test_a_batch_is_filled_up_with_a_row_that_is_there() -> None:
    numbers, texts = pad([np.array([[5, 6], [7, 8]]), [b"long", b"x"]], 2, 4)
    assert np.asarray(numbers).tolist() == [[5, 6], [7, 8], [5, 6], [5, 6]]
    assert texts == [b"long", b"x", b"x", b"x"]
