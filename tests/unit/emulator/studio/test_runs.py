import pytest

from azureml_emulator.azure.assets.models.registry import create_model
from azureml_emulator.azure.runs.history.runs import create_run
from azureml_emulator.errors import NotFound
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.studio.contents.links import Fact
from azureml_emulator.studio.contents.runs import PipelineRun, latest_runs, pipeline_run, single_run
from tests.unit.emulator.studio.conftest import Submit


def shown(workspace: LocalWorkspace, run_id: str) -> PipelineRun:
    run = pipeline_run(workspace, run_id)
    assert run is not None
    return run


def test_steps_stand_in_the_order_in_which_they_run(workspace: LocalWorkspace, submit: Submit) -> None:
    run = submit(["deploy", "train"], [("train", "deploy")], {"n": "1"})
    state = {
        "StatusCode": "Finished",
        "RunId": "r1",
        "StartTime": "2026-11-24T07:00:00",
        "EndTime": "2026-11-24T07:00:09",
    }
    run["_nodes"]["train"] |= state
    workspace.store.put("pipeline run", run["Id"], run)
    found = shown(workspace, run["Id"])
    assert [(step.name, step.status.word, step.run_id, step.took) for step in found.steps] == [
        ("train", "Completed", "r1", "9 s"),
        ("deploy", "NotStarted", None, ""),
    ]
    assert found.said == "1 of 2 steps completed"
    assert found.newest_step == found.steps[0]
    assert (found.parameters, found.pipeline) == ({"n": "1"}, None)


def test_a_run_that_has_not_begun(workspace: LocalWorkspace, submit: Submit) -> None:
    found = shown(workspace, submit(["train"])["Id"])
    assert (found.newest_step, found.said) == (None, "0 of 1 step completed")


def test_no_pipeline(workspace: LocalWorkspace) -> None:
    create_run(workspace.store, "tests", "alone")
    assert pipeline_run(workspace, "alone") is None
    with pytest.raises(NotFound, match="run 'none' not found"):
        pipeline_run(workspace, "none")


def test_latest_runs_are_those_that_no_other_started(workspace: LocalWorkspace) -> None:
    store = workspace.store
    create_run(store, "one", "older", createdUtc="2026-01-01")
    create_run(store, "two", "newer", createdUtc="2026-01-02")
    create_run(store, "one", "child", parentRunId="older")
    assert [run.id for run in latest_runs(store, 10)] == ["newer", "older"]
    assert [run.id for run in latest_runs(store, 1)] == ["newer"]
    assert [run.id for run in latest_runs(store, 10, "one")] == ["older"]
    assert [run.id for run in single_run(store, "older").children] == ["child"]


@pytest.mark.parametrize(
    ("error", "expected"),
    [({"error": {"message": "exit 7"}}, "exit 7"), ({"message": "no"}, "no"), ("plain", "plain"), (None, ""), ({}, "")],
)
def test_reasons_in_all_their_shapes(workspace: LocalWorkspace, error: object, expected: str) -> None:
    create_run(workspace.store, "tests", "failed", error=error, status="Failed")
    assert single_run(workspace.store, "failed").error == expected


def test_a_status_of_the_clients_own_is_shown_as_it_is(workspace: LocalWorkspace) -> None:
    create_run(workspace.store, "tests", "odd", status="<b>Tired</b>")
    status = single_run(workspace.store, "odd").row.status
    assert (status.word, status.tone, status.is_going) == ("<b>Tired</b>", "stopped", False)


def test_the_command_can_be_typed(workspace: LocalWorkspace) -> None:
    definition = {"script": "train.py", "arguments": ["--text", "a b", "--n", 1]}
    create_run(workspace.store, "tests", "step", runDefinition=definition)
    assert single_run(workspace.store, "step").command == "train.py --text 'a b' --n 1"


def test_a_refusal_is_no_failure(workspace: LocalWorkspace, submit: Submit) -> None:
    run = submit(["deploy"])
    tags = {"reason": "refused: accuracy 0.4", "service": "digits", "note": "x", "verdict": "NOT_BLESSED"}
    create_run(workspace.store, "tests", "r1", parentRunId=run["Id"], status="Failed", tags=tags)
    run["_nodes"]["deploy"] |= {"StatusCode": "Failed", "RunId": "r1"}
    workspace.store.put("pipeline run", run["Id"], run)
    (step,) = shown(workspace, run["Id"]).steps
    row = single_run(workspace.store, "r1").row
    assert (step.status.word, row.status.word, row.status.tone) == ("Refused", "Refused", "stopped")
    assert [fact.name for fact in single_run(workspace.store, "r1").about] == ["service", "verdict"]
    assert (row.reason, row.about) == ("refused: accuracy 0.4", [Fact("service", "digits")])


@pytest.mark.parametrize(
    ("status", "reason", "word"),
    [("Failed", "the disk is full", "Failed"), ("Completed", "refused: an earlier one", "Completed")],
)
def test_what_is_no_refusal(workspace: LocalWorkspace, status: str, reason: str, word: str) -> None:
    create_run(workspace.store, "tests", "r1", status=status, tags={"reason": reason})
    assert single_run(workspace.store, "r1").row.status.word == word


def test_tags_lead_to_what_they_name(workspace: LocalWorkspace) -> None:
    store = workspace.store
    create_run(store, "tests", "r1")
    create_model(store, {"name": "digits"})
    store.put("service", "digits", {"name": "digits"})
    tags = {"by": "r1", "model": "digits:1", "service": "digits", "other": "digits", "gone": "digits:2"}
    create_run(store, "tests", "r2", tags=tags)
    assert [(fact.page, fact.part) for fact in single_run(store, "r2").tags] == [
        (("runs", "r1"), ""),
        (("models",), "digits:1"),
        (("services", "digits"), ""),
        ((), ""),
        ((), ""),
    ]
