"""Runs: what a step may do with its own, and what anybody sees of it afterwards, or while it goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.workspaces.conftest import until
from tests.integration.workspaces.local import LocalWorkspace
from workspaces.errors import RequestError
from workspaces.jobs.pipelines import Definition, Step
from workspaces.jobs.runs import ENDED, SUCCEEDED, Run, StepState
from workspaces.opening import current_run

if TYPE_CHECKING:
    from workspaces.workspace import Workspace

KEEP = Step("keep", "keep.py", "kept")
READ = Step("read", "read.py", "read", inputs=("kept",))
FAIL = Step("fail", "fail.py", "failed", inputs=("read",))
HOLDS = tuple(Step(f"hold_{number}", "hold.py", f"held_{number}") for number in range(3))

Define = Callable[..., Definition]


@pytest.fixture(scope="module")
def ended(port: Workspace, define: Define) -> str:
    """A pipeline run of two steps that end well and one that doesn't."""
    run_id = port.pipelines.submit(define(KEEP, READ, FAIL), "contract-runs", {})
    until(lambda: port.runs.has_ended(run_id), f"run {run_id} to end")
    return run_id


@pytest.fixture(scope="module")
def steps(port: Workspace, ended: str) -> dict[str, Run]:
    return port.runs.steps(ended)


@pytest.fixture(scope="module")
def result(steps: dict[str, Run], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the steps said of their own runs."""
    file = tmp_path_factory.mktemp("fetched") / "result.json"
    steps["read"].fetch("outputs/result.json", file)
    seen: dict[str, Any] = json.loads(file.read_text())
    return seen


@pytest.fixture(scope="module")
def going(port: Workspace, define: Define) -> Iterator[str]:
    """A run of three steps that never end, on two nodes."""
    run_id = port.pipelines.submit(define(*HOLDS), "contract-runs", {})
    try:
        until(lambda: sum("holding" in log for log in logs(port, run_id)) == 2, f"two steps of run {run_id} to begin")
        yield run_id
    finally:
        port.runs.cancel(run_id)


def logs(port: Workspace, run_id: str) -> list[str]:
    return [step.log_text() or "" for step in port.runs.steps(run_id).values()]


def test_outside_of_one_there_is_no_current_run(port: Workspace) -> None:
    with pytest.raises(RequestError):
        current_run()


def test_a_step_knows_which_run_it_is_and_of_which(
    port: Workspace, ended: str, steps: dict[str, Run], result: dict[str, Any]
) -> None:
    assert result["name"] == steps["keep"].name == "keep"
    assert result["id"] == steps["keep"].id != ended
    assert result["pipeline_run_id"] == ended
    assert result["workspace"] == port.name
    assert result["own steps"] == {"keep": result["id"]}


def test_a_step_reads_and_writes_with_what_its_run_may(port: Workspace, result: dict[str, Any]) -> None:
    assert result["written"] is True
    stored = port.files.read(f"kept/{result['id']}")
    assert stored is not None
    assert stored.content == b"by the run"


def test_what_a_step_keeps_it_can_fetch_and_so_can_others(
    steps: dict[str, Run], result: dict[str, Any], tmp_path: Path
) -> None:
    assert result["files"] == ["other/c.txt", "outputs/note.txt", "outputs/sub/a.txt", "outputs/sub/deeper/b.txt"]
    assert (result["note"], result["sub"]) == ("a note", {"a.txt": "a", "deeper/b.txt": "b"})
    assert result["fetched by the next step"] == "a note"

    kept = steps["keep"]
    assert set(kept.files()) >= set(result["files"])
    kept.fetch_folder("outputs/", tmp_path / "all")
    files = [path for path in (tmp_path / "all").rglob("*") if path.is_file()]
    found = {path.relative_to(tmp_path / "all").as_posix(): path.read_text() for path in files}
    assert found == {"note.txt": "a note", "sub/a.txt": "a", "sub/deeper/b.txt": "b"}


def test_what_steps_left_is_brought_while_the_run_goes_on_and_once(
    port: Workspace, ended: str, steps: dict[str, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.outcome.report import fetch_meanwhile, fetch_report
    from pipelines.outcome.run_state import RunState

    monkeypatch.setenv("AMLGPU_HOME", str(tmp_path))
    folder, fetched, state = tmp_path / "reports" / ended, set[str](), steps["keep"].state()
    going = [RunState(ended, "Running", (StepState("keep", "Running"), StepState("read")))]
    going += [RunState(ended, "Running", (state, StepState("read", "Running")))] * 2

    for _ in fetch_meanwhile(port, going, fetched):
        assert not (folder / "note.txt").exists() or "keep" in fetched

    assert fetched == {"keep"}
    assert (folder / "note.txt").read_text() == "a note"
    (folder / "note.txt").write_text("brought once")
    failed = RunState(ended, "Failed", (state, steps["read"].state(), steps["fail"].state()))
    fetch_report(port, failed, fetched)
    assert (folder / "note.txt").read_text() == "brought once"
    assert (folder / "result.json").is_file()
    assert "about to fail" in (folder / "logs" / "fail.txt").read_text()


def test_a_file_is_kept_once_and_not_replaced(result: dict[str, Any]) -> None:
    assert result["kept again"] in (None, "RequestError")
    assert result["note"] == "a note"


def test_a_file_that_a_run_lacks_is_an_error(steps: dict[str, Run], result: dict[str, Any], tmp_path: Path) -> None:
    assert result["missing"] == "RequestError"
    with pytest.raises(RequestError):
        steps["keep"].fetch("outputs/missing", tmp_path / "missing")
    steps["keep"].fetch_folder("nowhere/", tmp_path / "nowhere")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_metric_is_the_steps(local: LocalWorkspace, steps: dict[str, Run]) -> None:
    assert local.metric(steps["keep"].id, "accuracy") == [0.25]


def test_a_tag_is_on_the_step_and_on_its_pipeline_run(local: LocalWorkspace, ended: str, steps: dict[str, Run]) -> None:
    assert local.tags(steps["keep"].id)["verdict"] == local.tags(ended)["verdict"] == "BLESSED"
    assert "verdict" not in local.tags(steps["read"].id)


def test_a_property_is_written_once_and_seen_by_others(steps: dict[str, Run], result: dict[str, Any]) -> None:
    assert (result["recorded again"], result["recorded"]) == ("RequestError", "once")
    kept = steps["keep"]
    assert {key: kept.properties()[key] for key in ("recorded", "more")} == {"recorded": "once", "more": "of it"}
    assert "recorded" not in steps["read"].properties()
    with pytest.raises(RequestError):
        kept.add_properties({"recorded": "by somebody else"})
    assert kept.properties()["recorded"] == "once"


def test_a_step_that_ended_says_how(steps: dict[str, Run], result: dict[str, Any]) -> None:
    assert result["status"] == "Running"
    kept, failed = steps["keep"].state(), steps["fail"].state()
    assert (kept.name, kept.error) == ("keep", None)
    assert kept.status in SUCCEEDED
    assert kept.seconds is not None
    assert kept.seconds >= 0
    assert (failed.name, failed.status) == ("fail", "Failed")
    assert failed.error
    assert steps["keep"].state() == kept  # the time of what has ended stands still
    first, last = steps["keep"].ended(), steps["fail"].ended()
    assert first is not None
    assert last is not None
    assert first <= last
    assert first.tzinfo == timezone.utc


def test_a_log_has_what_the_process_printed(steps: dict[str, Run]) -> None:
    assert "hello from keep" in (steps["keep"].log_text() or "")
    assert "about to fail" in (steps["fail"].log_text() or "")


def test_a_run_with_a_step_that_failed_has_failed(port: Workspace, ended: str) -> None:
    assert port.runs.status(ended) == "Failed"
    assert port.runs.has_ended(ended)


def test_a_run_that_goes_on_is_seen_going_on_until_it_is_canceled(port: Workspace, going: str) -> None:
    assert port.runs.status(going) not in ENDED
    assert not port.runs.has_ended(going)
    steps = port.runs.steps(going)
    states = {name: step.state() for name, step in steps.items()}
    (waiting,) = (name for name, state in states.items() if state.status != "Running")
    assert states[waiting] == StepState(waiting, "Queued")
    assert steps[waiting].log_text() is None
    for name in states.keys() - {waiting}:
        assert states[name] == StepState(name, "Running", states[name].seconds)
        assert states[name].seconds is not None
        assert steps[name].ended() is None

    port.runs.cancel(going)
    until(lambda: port.runs.has_ended(going), f"run {going} to be canceled")
    assert port.runs.status(going) == "Canceled"
    assert {step.state().status for step in steps.values()} == {"Canceled"}


def test_what_is_no_run_has_no_status_and_no_steps_and_has_not_ended(port: Workspace) -> None:
    missing = "00000000-0000-0000-0000-000000000000"
    assert port.runs.steps(missing) == {}
    assert not port.runs.has_ended(missing)
    with pytest.raises(RequestError):
        port.runs.status(missing)
    with pytest.raises(RequestError):
        port.runs.cancel(missing)
