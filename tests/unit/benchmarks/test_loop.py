from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from benchmarks.loop.__main__ import measure, summary
from benchmarks.loop.checkout import Checkout
from benchmarks.loop.waiting import Side

BEFORE, NOW = Checkout("1234567", Path("before")), Checkout("here", Path("now"))


def test_a_ratio_is_of_what_took_turns_in_one_round() -> None:
    """Rounds are minutes apart on a machine whose speed changes: medians of ratios, not ratios of medians."""
    rounds = [
        {"1234567": {"first release": [30.0]}, "here": {"first release": [20.0]}},
        {"1234567": {"first release": [90.0]}, "here": {"first release": [45.0]}},
        {"1234567": {"first release": [40.0]}, "here": {"first release": [10.0]}},
    ]

    assert summary(rounds, "1234567", "here") == {"first release": {"1234567": 40.0, "here": 20.0, "ratio": 0.5}}


def test_both_take_turns_and_who_was_second_in_a_round_is_first_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[str] = []

    @contextmanager
    def side_of(checkout: Checkout, sample: Path) -> Iterator[Side]:
        yield Side(checkout, sample, {})

    def wait(kind: str, side: Side) -> dict[str, list[float]]:
        turns.append(f"{kind} {side.checkout.name}")
        return {kind: [1.0]}

    monkeypatch.setattr("benchmarks.loop.__main__.side_of", side_of)
    monkeypatch.setattr("benchmarks.loop.__main__.WAITS", [partial(wait, "first"), partial(wait, "unchanged")])

    measured = measure([BEFORE, NOW], 2, Path("sample"))

    assert turns[:4] == ["first 1234567", "first here", "unchanged 1234567", "unchanged here"]
    assert turns[4:] == ["first here", "first 1234567", "unchanged here", "unchanged 1234567"]
    assert measured[0]["here"] == {"first": [1.0], "unchanged": [1.0]}
