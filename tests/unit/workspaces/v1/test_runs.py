from types import SimpleNamespace

import pytest

from workspaces.v1.runs import V1Run, step_seconds


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


@pytest.mark.parametrize(("root", "expected"), [("pipeline-run", "pipeline-run"), (None, "step-run")])
def test_a_step_names_the_pipeline_run_that_it_belongs_to(
    root: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZUREML_ROOT_RUN_ID", raising=False)
    if root:
        monkeypatch.setenv("AZUREML_ROOT_RUN_ID", root)
    assert V1Run(SimpleNamespace(id="step-run")).pipeline_run_id == expected
