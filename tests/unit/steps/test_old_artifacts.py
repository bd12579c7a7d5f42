"""What runs of commit 6ab4c66 kept is read: rollback, drift and the next release go by it."""

import json
from pathlib import Path

import pytest

from steps.artifacts.candidate import Candidate
from steps.artifacts.deployment import Deployment
from steps.artifacts.release import Release
from steps.artifacts.verdict import Verdict
from steps.rollout.lease_file import Claim
from tests.fixtures.old_release import unpack

RUNS = "blobs/azureml/ExperimentRun/*/outputs"
LEASES = "blobs/azureml-blobstore/amlgpu/leases"


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack(tmp_path_factory.mktemp("old")) / "state"


@pytest.mark.parametrize("kind", [Candidate, Verdict, Deployment, Release])
def test_artifacts_of_both_releases_are_read(
    state: Path, kind: type[Candidate] | type[Verdict] | type[Deployment] | type[Release]
) -> None:
    found = [kind.read(file.parent) for file in state.glob(f"{RUNS}/{kind.file_name}")]

    assert sorted((one.model_name, one.model_version) for one in found) == [("digits", 1), ("digits", 2)]


@pytest.mark.parametrize("name", ["digits", "model.digits"])
def test_leases_are_read(state: Path, name: str) -> None:
    claim = Claim.model_validate_json((state / LEASES / f"{name}.json").read_bytes())

    assert (claim.holder, claim.before) == (None, None)


def test_journal_of_a_release_that_was_interrupted_is_read(state: Path) -> None:
    deployments = [json.loads(file.read_bytes()) for file in state.glob(f"{RUNS}/{Deployment.file_name}")]
    (previous,) = (one["previous"] for one in deployments if one["previous"])
    written = {"holder": "a run", "expires": "2026-01-01T00:00:00Z", "before": {"state": previous, "back_to": None}}

    before = Claim.model_validate_json(json.dumps(written)).before

    assert before is not None
    assert before.state is not None
    assert before.state.models == ("digits:1",)
