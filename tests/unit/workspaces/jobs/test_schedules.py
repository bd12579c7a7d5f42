import pytest

from workspaces.jobs.schedules import Recurrence


@pytest.mark.parametrize(
    ("recurrence", "text"),
    [
        (Recurrence("Hour", 1), "every Hour"),
        (Recurrence("Day", 2), "every 2 Days"),
        (Recurrence("Week", 1, hours=(4, 16), minutes=(5,)), "every Week at 04:05, 16:05 UTC"),
        (Recurrence("Week", 1, hours=(4,), week_days=("Monday",)), "every Week on Monday at 04:00 UTC"),
        (
            Recurrence("Week", 2, (4,), (0, 30), ("Monday", "Friday")),
            "every 2 Weeks on Monday, Friday at 04:00, 04:30 UTC",
        ),
    ],
)
def test_a_recurrence_reads_as_a_sentence(recurrence: Recurrence, text: str) -> None:
    assert str(recurrence) == text
