import pytest

from workspaces.v1.runs import step_seconds


@pytest.mark.parametrize(
    ("started", "ended", "seconds"),
    [
        ("2026-01-01T10:00:00.1234567Z", "2026-01-01T10:01:30.7654321Z", 90.0),
        ("2026-01-01T10:00:00.123456+0000", "2026-01-01T10:00:02+00:00", 2.0),
        (None, None, None),
        (None, "2026-01-01T10:00:02Z", None),
    ],
)
def test_seconds_are_read_from_every_form_of_time_that_azure_ml_writes(
    started: str | None, ended: str | None, seconds: float | None
) -> None:
    assert step_seconds({"startTimeUtc": started, "endTimeUtc": ended}) == seconds


def test_seconds_of_a_running_step_count_to_now() -> None:
    seconds = step_seconds({"startTimeUtc": "2026-01-01T10:00:00Z"})
    assert seconds is not None
    assert seconds > 0
