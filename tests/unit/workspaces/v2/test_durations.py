import pytest

from workspaces.v2.durations import milliseconds


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        ("PT0.5S", 500),
        ("PT1.5S", 1_500),
        ("PT4S", 4_000),
        ("PT1M30S", 90_000),
        ("PT2H", 7_200_000),
        ("P1DT0.001S", 86_400_001),
        (None, None),
        ("soon", None),
    ],
)
def test_durations_keep_their_fractions(duration: str | None, expected: int | None) -> None:
    assert milliseconds(duration) == expected
