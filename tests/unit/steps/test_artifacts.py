import json
from pathlib import Path
from typing import get_args

import pytest

from config.errors import WorkspaceError
from steps.artifacts.artifact import Artifact
from steps.artifacts.candidate import Candidate
from steps.artifacts.deployment import Deployment
from steps.artifacts.verdict import Check, Outcome, Verdict
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
