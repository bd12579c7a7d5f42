from datetime import datetime, timedelta, timezone

import pytest

from workspaces.jobs.schedules import Recurrence
from workspaces.v1.schedules import sdk_recurrence

WEEKLY = Recurrence("Week", 1, (4,), (30,), ("Monday",))


def test_without_a_start_time_azure_ml_would_run_at_once() -> None:
    started = datetime.fromisoformat(sdk_recurrence(WEEKLY, run_now=False).start_time).replace(tzinfo=timezone.utc)
    assert timedelta(0) <= datetime.now(timezone.utc) - started < timedelta(minutes=5)  # in UTC, whatever zone is here
    assert sdk_recurrence(WEEKLY, run_now=True).start_time is None


@pytest.mark.parametrize("run_now", [False, True])
@pytest.mark.parametrize(
    "recurrence",
    [
        Recurrence("Minute", 15),
        Recurrence("Hour", 1),
        Recurrence("Day", 2, (4, 16), (5,)),
        Recurrence("Week", 1),
        WEEKLY,
        Recurrence("Month", 1),
    ],
    ids=str,
)
def test_the_sdk_accepts_it_as_it_is(recurrence: Recurrence, run_now: bool) -> None:
    made = sdk_recurrence(recurrence, run_now)
    made.validate()
    times = (made.hours or [], made.minutes or [], made.week_days or [])
    assert (made.frequency, made.interval) == (recurrence.frequency, recurrence.interval)
    assert tuple(map(tuple, times)) == (recurrence.hours, recurrence.minutes, recurrence.week_days)
