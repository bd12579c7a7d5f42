from pathlib import Path

import pytest

from benchmarks.loop.__main__ import measure, summary
from benchmarks.loop.checkout import Checkout

BEFORE, NOW = Checkout("1234567", Path("before")), Checkout("here", Path("now"))


def test_a_ratio_is_of_what_took_turns_in_one_round() -> None:
    """Rounds are minutes apart on a machine whose speed changes: medians of ratios, not ratios of medians."""
    rounds = [
        {"1234567": {"first release": [30.0]}, "here": {"first release": [20.0]}},
        {"1234567": {"first release": [90.0]}, "here": {"first release": [45.0]}},
        {"1234567": {"first release": [40.0]}, "here": {"first release": [10.0]}},
    ]

    assert summary(rounds, "1234567", "here") == {"first release": {"1234567": 40.0, "here": 20.0, "ratio": 0.5}}


def test_who_was_second_in_a_round_is_first_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[str] = []

    def wait(side: Checkout, _sample: Path) -> dict[str, list[float]]:
        turns.append(side.name)
        return {}

    monkeypatch.setattr("benchmarks.loop.__main__.wait", wait)

    measured = measure([BEFORE, NOW], 2, Path("sample"))

    assert turns == ["1234567", "here", "here", "1234567"]
    assert [sorted(one) for one in measured] == [["1234567", "here"]] * 2
