"""A step that is started again in the same run, as on a node that was taken away: no file of a run is ever replaced."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest

from config.errors import DeploymentError
from steps.artifacts.release import Release
from steps.scoring_source import scoring_hash

if TYPE_CHECKING:
    from azureml.core import Experiment

    from workspaces.services import ServiceState


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

    started = experiment.start_logging(snapshot_directory=None, outputs=False)
    run = V1Run(started)
    publish(run, release("GPU:0"), tmp_path / "first")
    publish(run, release("GPU:1"), tmp_path / "again")

    assert Release.read(tmp_path / "again").device == "GPU:0"
    started.complete()


def test_the_scoring_code_is_kept_once_and_whole(experiment: Experiment, tmp_path: Path) -> None:
    from steps.rollout.released import keep_code
    from workspaces.v1.runs import V1Run

    run = experiment.start_logging(snapshot_directory=None, outputs=False)
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

    run = experiment.start_logging(snapshot_directory=None, outputs=False)
    (tmp_path / "score.py").write_text("code")
    (tmp_path / "torn").write_bytes(b"PK\x03\x04")
    run.upload_file("outputs/source.zip", str(tmp_path / "torn"))

    with pytest.raises(DeploymentError, match="isn't the code that it deploys"):
        keep_code(V1Run(run), tmp_path)
    run.complete()


def test_scoring_code_that_was_damaged_later_is_none_rather_than_some_of_it(
    experiment: Experiment, tmp_path: Path
) -> None:
    from steps.rollout.released import fetch_code
    from workspaces.v1.runs import V1Run

    run, archive = experiment.start_logging(snapshot_directory=None, outputs=False), tmp_path / "source.zip"
    with ZipFile(archive, "w") as packed:  # stored, so that one byte can be changed
        packed.writestr("scoring/score.py", "code")
        packed.writestr("scoring/images.py", "more code")
    archive.write_bytes(archive.read_bytes().replace(b"more code", b"mere code"))
    run.upload_file("outputs/source.zip", str(archive))

    fetch_code(V1Run(run), tmp_path / "there")

    assert not (tmp_path / "there").exists()
    run.complete()


def test_scoring_code_that_is_another_than_the_service_says_is_none(
    experiment: Experiment, tmp_path: Path, state: ServiceState
) -> None:
    from steps.rollout.released import keep_code, released_code
    from workspaces.v1.runs import V1Run

    run, source = experiment.start_logging(snapshot_directory=None, outputs=False), tmp_path / "source"
    (source / "scoring").mkdir(parents=True)
    (source / "scoring" / "score.py").write_text("code")
    os.utime(source / "scoring" / "score.py", (0, 0))  # as of a checkout that has no times
    keep_code(V1Run(run), source)
    workspace: Any = SimpleNamespace(runs=SimpleNamespace(steps=lambda _: {"deploy_service": V1Run(run)}))

    def code(folder: str, **tags: str) -> Path | None:
        return released_code(
            workspace, "digits", state.model_copy(update={"tags": {"run_id": "r"} | tags}), tmp_path / folder
        )

    assert code("same", scoring_hash=scoring_hash(source)) == tmp_path / "same"
    assert code("untold") == tmp_path / "untold"
    assert code("another", scoring_hash="0" * 64) is None
    run.complete()


def test_scoring_code_that_a_release_of_before_kept_file_by_file_is_read(
    experiment: Experiment, tmp_path: Path
) -> None:
    from steps.rollout.released import fetch_code
    from workspaces.v1.runs import V1Run

    run = experiment.start_logging(snapshot_directory=None, outputs=False)
    (tmp_path / "score.py").write_text("code")
    run.upload_file("outputs/source/scoring/score.py", str(tmp_path / "score.py"))

    fetch_code(V1Run(run), tmp_path / "there")

    assert (tmp_path / "there" / "scoring" / "score.py").read_text() == "code"
    run.complete()
