import pytest

from config.settings import load_settings
from pipelines.triggers.schedule import recurrence_of


@pytest.mark.parametrize(
    ("overrides", "text"),
    [
        ({"schedule.frequency": "Hour"}, "every Hour"),
        ({"schedule.frequency": "Day", "schedule.interval": "2"}, "every 2 Days"),
        ({"schedule.hours": "[4, 16]", "schedule.minutes": "[5]"}, "every Week at 04:05, 16:05 UTC"),
        ({"schedule.week_days": "[Monday]", "schedule.hours": "[4]"}, "every Week on Monday at 04:00 UTC"),
    ],
)
def test_a_recurrence_reads_as_a_sentence(overrides: dict[str, str], text: str) -> None:
    assert str(recurrence_of(load_settings("local", overrides, environ={}).schedule)) == text
