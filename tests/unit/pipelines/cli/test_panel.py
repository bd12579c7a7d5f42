import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from config.settings import load_settings
from pipelines.cli.panel import print_closing
from pipelines.cli.printing import program
from pipelines.outcome.report import Report
from pipelines.outcome.run_state import RunState
from steps.artifacts.candidate import Candidate
from steps.artifacts.deployment import Deployment
from steps.artifacts.release import Release
from steps.artifacts.verdict import Check, Verdict
from workspaces.jobs.runs import StepState


def shown(
    report: Report, target: str = "local", width: int = 80, verbose: bool = False, image: str = "IMAGE.jpg"
) -> str:
    out = io.StringIO()
    settings = load_settings(target, {"workspace.name": "of the team"}, environ={}, service="digits")
    print_closing(report, settings, Console(file=out, width=width), verbose, image)
    return out.getvalue()


def test_a_release_shows_all_that_a_user_needs_next(
    tmp_path: Path, candidate: Candidate, verdict: Verdict, deployment: Deployment, release: Release
) -> None:
    text = shown(Report(RunState("run-1", "Finished", ()), tmp_path, candidate, verdict, deployment, release))
    for fact in (
        "released",
        "digits:4 (7548faac8c55, registered before)",
        "digits, 2 replicas, updated",
        "the [old] one is worse",
        "http://service/score",
        "GPU:0, p50 5.0 ms, p99 10.0 ms",
        f"{program()} query IMAGE.jpg --target local --service digits --set 'workspace.name=of the team'\n",
        f"{program()} local down",
    ):
        assert fact in text


def test_a_refused_candidate_shows_the_failing_check(tmp_path: Path, candidate: Candidate, verdict: Verdict) -> None:
    text = shown(Report(RunState("run-1", "Failed", ()), tmp_path, candidate, verdict, None, None), "dev")
    assert "not released: refused" in text
    assert "NOT_BLESSED" in text
    assert "0.7123" in text
    assert "[256 of 360] images" in text
    assert "scoring URI" not in text
    assert f"{program()} teardown --target dev --service digits --set 'workspace.name=of the team'\n" in text


RELEASED = """\
╭─────────────────────── released ────────────────────────╮
│ BLESSED: digits:4 serves as digits                      │
│                                                         │
│ model        digits:4 (7548faac8c55, registered before) │
│ service      digits, 2 replicas, updated                │
│ answered by  GPU:0, p50 5.0 ms, p99 10.0 ms             │
│ run          0f3d5f0e-1111-2222-3333-444444444444       │
│                                                         │
│ skip  gpu  CPU: validation.require_gpu is off           │
│ 1 check passed (--verbose shows them)                   │
╰─────────────────────────────────────────────────────────╯
scoring URI
  http://service/a-path-that-is-longer-than-the-line-of-a-terminal-by-far/api/v1/score
report
  reports/0f3d5f0e-1111-2222-3333-444444444444/in-a-folder-with-a-long-name/report.html
logs
  reports/0f3d5f0e-1111-2222-3333-444444444444/in-a-folder-with-a-long-name
query it
  amlgpu query IMAGE.jpg --target local --service digits --set 'workspace.name=of the team'
stop
  amlgpu local down
"""
REFUSED = """\
╭─────────────────────────── not released: refused ────────────────────────────╮
│ NOT_BLESSED: accuracy_floor 0.712345 (required: 0.9): [256 of 360] images    │
│                                                                              │
│ model  digits:4 (7548faac8c55, registered before)                            │
│ run    0f3d5f0e-1111-2222-3333-444444444444                                  │
│                                                                              │
│ fail         accuracy_floor     0.712345 (required: 0.9): [256 of 360]       │
│                                 images                                       │
│ not reached  latency_p99_ratio  (required: 1.2): needs accuracy_floor        │
│ skip         gpu                CPU: validation.require_gpu is off           │
│ 1 check passed (--verbose shows them)                                        │
╰──────────────────────────────────────────────────────────────────────────────╯
logs
  reports/0f3d5f0e-1111-2222-3333-444444444444/in-a-folder-with-a-long-name
stop
  amlgpu local down
"""
RUN = "0f3d5f0e-1111-2222-3333-444444444444"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a report is kept, below the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pipelines.cli.panel.program", lambda: "amlgpu")
    folder = tmp_path / "reports" / RUN / "in-a-folder-with-a-long-name"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def skipped() -> Check:
    return Check(name="gpu", outcome="skip", measured="CPU", threshold="GPU", detail="validation.require_gpu is off")


def plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def test_a_release_is_told_in_80_columns_with_whole_paths(
    folder: Path, candidate: Candidate, verdict: Verdict, deployment: Deployment, release: Release, skipped: Check
) -> None:
    (folder / "report.html").touch()
    blessed = verdict.model_copy(update={"status": "BLESSED", "checks": (verdict.checks[0], skipped)})
    uri = "http://service/a-path-that-is-longer-than-the-line-of-a-terminal-by-far/api/v1/score"
    served = deployment.model_copy(update={"forced_reason": None, "scoring_uri": uri})
    report = Report(RunState(RUN, "Finished", ()), folder, candidate, blessed, served, release)
    assert plain(shown(report)) == RELEASED


def test_a_refusal_is_told_in_80_columns_the_reason_first(
    folder: Path, candidate: Candidate, verdict: Verdict, skipped: Check
) -> None:
    unreached = Check(
        name="latency_p99_ratio", outcome="not_reached", measured=None, threshold=1.2, detail="needs accuracy_floor"
    )
    refused = verdict.model_copy(update={"checks": (*verdict.checks, skipped, unreached)})
    report = Report(RunState(RUN, "Failed", ()), folder, candidate, refused, None, None)
    assert plain(shown(report)) == REFUSED
    assert "pass         signature" in shown(report, verbose=True)
    assert "checks passed" not in shown(report, verbose=True)


def test_what_failed_after_a_good_verdict_is_the_reason(
    folder: Path, candidate: Candidate, verdict: Verdict, deployment: Deployment
) -> None:
    blessed = verdict.model_copy(update={"status": "BLESSED", "checks": verdict.checks[:1]})
    (folder / "logs").mkdir()
    (folder / "logs" / "smoke_test.txt").write_text("noise\nerror: digits answers 500\nand more\n")
    state = RunState(RUN, "Failed", (StepState("smoke_test", "Failed", 2.0, "exit code 6"),))
    text = shown(Report(state, folder, candidate, blessed, deployment, None))
    title, headline, *_ = text.splitlines()
    assert "not released: Failed" in title
    assert headline.strip("│ ") == "smoke_test failed: digits answers 500"
    assert "verdict  BLESSED" in text


def test_a_run_that_left_nothing_still_has_a_panel(tmp_path: Path) -> None:
    assert "run-1" in shown(Report(RunState("run-1", "Canceled", ()), tmp_path, None, None, None, None))


@pytest.mark.parametrize(("kind", "file"), [("tensors", "ROW.json"), ("text", "TEXT.txt"), ("image", "IMAGE.jpg")])
def test_what_to_query_with_is_a_file_that_the_service_takes(
    tmp_path: Path, candidate: Candidate, release: Release, kind: str, file: str
) -> None:
    signature = candidate.signature.model_copy(update={"input_kind": kind})
    asked = candidate.model_copy(update={"signature": signature})
    text = shown(Report(RunState("run-1", "Finished", ()), tmp_path, asked, None, None, release))
    assert f"{program()} query {file} " in text


@pytest.mark.parametrize(("kind", "file"), [("jpeg", "'my reports/example.jpg'"), ("text", "TEXT.txt")])
def test_an_image_that_is_here_is_what_to_query_with(
    tmp_path: Path, candidate: Candidate, release: Release, kind: str, file: str
) -> None:
    signature = candidate.signature.model_copy(update={"input_kind": kind})
    asked = candidate.model_copy(update={"signature": signature})
    report = Report(RunState("run-1", "Finished", ()), tmp_path, asked, None, None, release)
    assert f"{program()} query {file} --target" in shown(report, image="my reports/example.jpg")


def test_a_run_of_another_service_is_not_told_how_to_call_this_one(
    tmp_path: Path, candidate: Candidate, deployment: Deployment, release: Release
) -> None:
    other = deployment.model_copy(update={"service_name": "another"})
    report = Report(RunState("run-1", "Finished", ()), tmp_path, candidate, None, other, release)
    assert " query " not in shown(report)
    assert " query " in shown(replace(report, deployment=deployment))


def test_a_key_in_a_check_is_not_cut(tmp_path: Path, candidate: Candidate, verdict: Verdict) -> None:
    key = "validation.require_gpu"
    checks = tuple(check.model_copy(update={"detail": f"{key} is off"}) for check in verdict.checks[:1])
    judged = verdict.model_copy(update={"checks": checks})
    report = Report(RunState("run-1", "Failed", ()), tmp_path, candidate, judged, None, None)
    assert "…" not in shown(report, width=60)
