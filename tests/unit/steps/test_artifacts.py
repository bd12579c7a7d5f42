import json
from pathlib import Path
from typing import get_args

import pytest
from pydantic import JsonValue

from config.errors import WorkspaceError
from steps.artifacts.artifact import Artifact
from steps.artifacts.candidate import Candidate
from steps.artifacts.deployment import Deployment
from steps.artifacts.verdict import Answer, Check, Outcome, Verdict
from tests.unit.steps.validation.contracts import contract
from workspaces.services import ServiceState


def test_what_is_written_is_what_is_read(
    tmp_path: Path, candidate: Candidate, verdict: Verdict, deployment: Deployment, state: ServiceState
) -> None:
    artifacts: list[Artifact] = [candidate, verdict, deployment.model_copy(update={"previous": state})]
    for artifact in artifacts:
        artifact.write(tmp_path / "made" / "on the way")
        assert type(artifact).read(tmp_path / "made" / "on the way") == artifact


def test_the_file_is_for_people(tmp_path: Path, candidate: Candidate) -> None:
    path = candidate.write(tmp_path)

    assert path == tmp_path / "candidate.json"
    assert json.loads(path.read_text())["model_version"] == 3
    assert len(path.read_text().splitlines()) > 10
    assert [each.name for each in tmp_path.iterdir()] == ["candidate.json"]


def test_writing_again_replaces(tmp_path: Path, candidate: Candidate) -> None:
    candidate.write(tmp_path)
    later = candidate.model_copy(update={"model_version": 4})
    later.write(tmp_path)

    assert Candidate.read(tmp_path) == later


def test_a_missing_artifact_names_the_file_and_where_to_look(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match=r"candidate\.json isn't there: see the log of the step"):
        Candidate.read(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"surprise": 1}, "surprise: Extra inputs are not permitted"),
        ({"model_version": "three"}, "model_version: Input should be a valid integer"),
    ],
)
def test_an_artifact_of_another_version_is_refused(
    tmp_path: Path, candidate: Candidate, change: dict[str, object], message: str
) -> None:
    document = candidate.model_dump(mode="json") | change
    (tmp_path / "candidate.json").write_text(json.dumps(document))

    with pytest.raises(WorkspaceError, match=message):
        Candidate.read(tmp_path)


def test_half_a_file_is_refused(tmp_path: Path, candidate: Candidate) -> None:
    path = candidate.write(tmp_path)
    path.write_text(path.read_text()[:40])

    with pytest.raises(WorkspaceError, match="written by another version"):
        Candidate.read(tmp_path)


def test_failing_holds_what_failed_and_what_is_undecided(verdict: Verdict) -> None:
    checks = tuple(Check(name=outcome, outcome=outcome, measured=1, threshold=2) for outcome in get_args(Outcome))

    assert [check.name for check in verdict.model_copy(update={"checks": checks}).failing] == ["fail", "undecided"]


def test_a_check_reads_as_a_sentence() -> None:
    check = Check(name="accuracy_floor", outcome="fail", measured=0.11, threshold=0.9, detail="22 of 200 images")

    assert str(check) == "accuracy_floor 0.11 (required: 0.9): 22 of 200 images"


@pytest.mark.parametrize(
    ("name", "shown"), [("cold_start", "12345.7 s"), ("latency_p99", "12345.7 ms"), ("errors", "12345.7")]
)
def test_a_check_is_shown_with_its_unit(name: str, shown: str) -> None:
    check = Check(name=name, outcome="fail", measured=12345.67, threshold=None)

    assert (check.measured_text, check.threshold_text, str(check)) == (shown, "", f"{name} {shown}")


def test_a_check_that_measured_nothing_says_so() -> None:
    check = Check(name="errors", outcome="fail", measured=None, threshold=None, detail="no image was scored")

    assert str(check) == "errors not measured: no image was scored"


def test_answers_of_an_earlier_version_are_read_and_are_right_where_they_are_equal(verdict: Verdict) -> None:
    text = verdict.model_dump_json(exclude={"answers": {"__all__": {"right", "probability"}}})

    assert [answer.is_right for answer in Verdict.model_validate_json(text).answers] == [False, True, True]


def test_answers_are_kept_as_their_task_gives_them(tmp_path: Path, verdict: Verdict) -> None:
    given: list[JsonValue] = [3, "cat", [0, 2], [], 2.0, [1.0, 2.5], {"y": [[1, 2.5]], "text": "a"}]
    answers = tuple(Answer(file="x", label=value, predicted=value, right=None) for value in given)
    verdict.model_copy(update={"answers": answers}).write(tmp_path)

    read = [answer.predicted for answer in Verdict.read(tmp_path).answers]
    assert read == given
    assert [type(value) for value in read] == [type(value) for value in given]


def test_what_failed_stands_before_what_was_not_reached_for_it(verdict: Verdict) -> None:
    outcomes: list[Outcome] = ["pass", "not_reached", "skip", "undecided", "fail", "pass"]
    checks = tuple(Check(name=f"{n}", outcome=one, measured=1, threshold=2) for n, one in enumerate(outcomes))

    shown = verdict.model_copy(update={"checks": checks}).causes_first
    assert [check.name for check in shown] == ["4", "3", "1", "0", "2", "5"]


def test_a_candidate_of_before_there_were_contracts_has_none(tmp_path: Path, candidate: Candidate) -> None:
    document = candidate.model_dump(mode="json")
    del document["contract"]
    (tmp_path / "candidate.json").write_text(json.dumps(document))

    assert Candidate.read(tmp_path).contract is None


def test_a_contract_travels_with_its_candidate(tmp_path: Path, candidate: Candidate) -> None:
    given = candidate.model_copy(update={"contract": contract("binary", "text", labels=("no", "yes"))})
    given.write(tmp_path)

    assert Candidate.read(tmp_path) == given
