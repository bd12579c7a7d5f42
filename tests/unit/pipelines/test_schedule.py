import pytest

from config.settings import load_settings
from pipelines.schedule import describe, recurrence_of


def test_without_a_start_time_azure_ml_would_run_at_once() -> None:
    wanted = load_settings("prod", environ={}).schedule
    assert recurrence_of(wanted).start_time is not None
    assert recurrence_of(wanted, run_now=True).start_time is None


@pytest.mark.parametrize("target", ["local", "dev", "prod"])
@pytest.mark.parametrize("run_now", [False, True])
def test_the_sdk_accepts_what_the_settings_allow(target: str, run_now: bool) -> None:
    recurrence_of(load_settings(target, environ={}).schedule, run_now).validate()


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
    assert describe(recurrence_of(load_settings("local", overrides, environ={}).schedule)) == text
