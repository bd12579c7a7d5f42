import io
from pathlib import Path

import pytest
from rich.console import Console

from config.settings import load_settings
from pipelines.cli.panel import closing_panel, next_commands
from pipelines.cli.printing import print_facts, program
from pipelines.outcome.report import Report
from pipelines.outcome.run_state import RunState
from steps.artifacts.candidate import Candidate
from steps.artifacts.deployment import Deployment
from steps.artifacts.release import Release
from steps.artifacts.verdict import Verdict


def shown(report: Report, target: str = "local") -> str:
    out = io.StringIO()
    console = Console(file=out, width=80)
    console.print(closing_panel(report))
    print_facts(next_commands(report, load_settings(target, {"workspace.name": "of the team"}, environ={})), console)
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
    assert "not released: Failed" in text
    assert "NOT_BLESSED" in text
    assert "0.7123" in text
    assert "[256 of 360] images" in text
    assert "scoring URI" not in text
    assert f"{program()} teardown --target dev --service digits --set 'workspace.name=of the team'\n" in text


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


def test_a_key_in_a_check_is_not_cut(tmp_path: Path, candidate: Candidate, verdict: Verdict) -> None:
    key = "validation.require_gpu"
    checks = tuple(check.model_copy(update={"detail": f"{key} is off"}) for check in verdict.checks[:1])
    judged = verdict.model_copy(update={"checks": checks})
    out = io.StringIO()
    report = Report(RunState("run-1", "Failed", ()), tmp_path, candidate, judged, None, None)
    Console(file=out, width=60).print(closing_panel(report))
    assert "…" not in out.getvalue()
