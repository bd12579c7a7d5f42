"""A step that is started again in the same run, as on a node that was taken away: no file of a run is ever replaced."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config.errors import DeploymentError
from steps.artifacts.release import Release

if TYPE_CHECKING:
    from azureml.core import Experiment


def release(device: str) -> Release:
    return Release(
        service_name="digits",
        model_name="digits",
        model_version=1,
        scoring_uri="http://127.0.0.1:1/score",
        device=device,
        queries=(),
        latency_p50_ms=None,
        latency_p99_ms=None,
        run_id="run-1",
    )


def test_the_next_step_gets_the_artifact_that_the_run_has(experiment: Experiment, tmp_path: Path) -> None:
    from steps.script import publish
    from workspaces.v1.runs import V1Run

    started = experiment.start_logging(snapshot_directory=None)
    run = V1Run(started)
    publish(run, release("GPU:0"), tmp_path / "first")
    publish(run, release("GPU:1"), tmp_path / "again")

    assert Release.read(tmp_path / "again").device == "GPU:0"
    started.complete()


def test_the_scoring_code_is_kept_once_and_whole(experiment: Experiment, tmp_path: Path) -> None:
    from steps.rollout.released import keep_code
    from workspaces.v1.runs import V1Run

    run = experiment.start_logging(snapshot_directory=None)
    for name in ("score.py", "deep/images.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)

    keep_code(V1Run(run), tmp_path)
    keep_code(V1Run(run), tmp_path)
    assert run.get_file_names() == ["outputs/source.zip"]

    (tmp_path / "score.py").write_text("what was lost when it was killed")
    with pytest.raises(DeploymentError, match=r"outputs/source\.zip of this run isn't the code that it deploys"):
        keep_code(V1Run(run), tmp_path)
    run.complete()


def test_scoring_code_that_was_kept_in_part_is_none(experiment: Experiment, tmp_path: Path) -> None:
    from steps.rollout.released import keep_code
    from workspaces.v1.runs import V1Run

    run = experiment.start_logging(snapshot_directory=None)
    (tmp_path / "score.py").write_text("code")
    (tmp_path / "torn").write_bytes(b"PK\x03\x04")
    run.upload_file("outputs/source.zip", str(tmp_path / "torn"))

    with pytest.raises(DeploymentError, match="isn't the code that it deploys"):
        keep_code(V1Run(run), tmp_path)
    run.complete()


def test_scoring_code_that_a_release_of_before_kept_file_by_file_is_read(
    experiment: Experiment, tmp_path: Path
) -> None:
    from steps.rollout.released import fetch_code
    from workspaces.v1.runs import V1Run

    run = experiment.start_logging(snapshot_directory=None)
    (tmp_path / "score.py").write_text("code")
    run.upload_file("outputs/source/scoring/score.py", str(tmp_path / "score.py"))

    fetch_code(V1Run(run), tmp_path / "there")

    assert (tmp_path / "there" / "scoring" / "score.py").read_text() == "code"
    run.complete()
