import pytest

from azureml_emulator.studio.contents.moments import shown, took
from azureml_emulator.wire import now


def test_shown() -> None:
    assert shown("2026-11-24T07:04:33.1234560+00:00") == "2026-11-24 07:04:33"
    assert shown("2026-11-24T07:04:33Z") == "2026-11-24 07:04:33"
    assert shown(None) == shown("") == shown("soon") == shown(7) == ""
    assert len(shown(now())) == 19


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("2026-11-24T07:00:41", "41 s"),
        ("2026-11-24T07:03:05", "3 min 5 s"),
        ("2026-11-24T09:00:59", "2 h 0 min"),
        ("2026-11-24T06:00:00", "0 s"),
        (None, ""),
    ],
)
def test_took(end: str | None, expected: str) -> None:
    assert took("2026-11-24T07:00:00", end) == expected
