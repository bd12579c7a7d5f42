"""What a step does about an artifact that somebody changed on the datastore after the step before wrote it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config.errors import RollbackError, TamperedError, WorkspaceError
from config.settings import Settings
from steps.artifacts.candidate import Candidate
from steps.artifacts.recorded import property_of, sha256_of
from steps.artifacts.verdict import Verdict
from steps.script import publish
from tests.integration.steps.conftest import CHECK
from tests.integration.steps.releasing import TAGS, candidate_of, deploy, plan_of, step_of, verdict_of
from tests.integration.steps.stepwise import Pipeline, change
from workspaces.errors import RequestError
from workspaces.models import ModelVersion
from workspaces.services import Revision, ServiceState

if TYPE_CHECKING:
    from workspaces.v1.workspace import V1Workspace


def test_a_verdict_whose_status_alone_was_changed_is_refused(
    pipeline: Pipeline, candidate: Candidate, refused: Verdict
) -> None:
    pipeline.write(candidate, "register_model")
    file = pipeline.write(refused, "validate_model")
    change(file, status="BLESSED")

    with pytest.raises(TamperedError, match=r"verdict\.json isn't what the step validate_model wrote") as caught:
        pipeline.deploy()

    assert pipeline.steps["validate_model"].id in str(caught.value)


def test_a_forgery_that_is_consistent_in_itself_is_refused(
    pipeline: Pipeline, candidate: Candidate, refused: Verdict, version: Callable[[str], ModelVersion]
) -> None:
    """Candidate, verdict and the runs' own copies all say the same, of another version; nobody can record it."""
    from azureml.exceptions import ServiceException

    pipeline.write(candidate, "register_model")
    pipeline.write(refused, "validate_model")
    other = version("two")
    forged = candidate.model_copy(update={"model_version": other.version})
    blessed = verdict_of(forged).model_copy(update={"environment": refused.environment})
    for artifact, step in ((forged, "register_model"), (blessed, "validate_model")):
        artifact.write(pipeline.work / step)
        run = pipeline.steps[step]
        with pytest.raises((RequestError, ServiceException), match=r"amlgpu\.sha256\."):
            run.add_properties({property_of(artifact.file_name): sha256_of(artifact.to_bytes())})

    with pytest.raises(TamperedError, match=r"candidate\.json isn't what the step register_model wrote"):
        pipeline.deploy()


def test_what_a_step_never_recorded_is_refused(pipeline: Pipeline, candidate: Candidate, refused: Verdict) -> None:
    pipeline.write(candidate, "register_model")
    blessed = refused.model_copy(update={"status": "BLESSED"})
    blessed.write(pipeline.work / "validate_model")
    with pytest.raises(TamperedError, match=r"verdict\.json: the run .* has no step validate_model"):
        pipeline.deploy()

    pipeline.begin("validate_model")
    with pytest.raises(TamperedError, match=r"verdict\.json: the step validate_model .* has recorded no SHA-256 of it"):
        pipeline.deploy()


def test_a_run_that_is_called_like_a_step_is_not_taken_for_it(
    pipeline: Pipeline, candidate: Candidate, refused: Verdict
) -> None:
    """Whoever may start runs can put one below a pipeline run, and rename others: neither makes it the step."""
    from azureml.core import Run

    pipeline.write(candidate, "register_model")
    pipeline.write(refused, "validate_model")
    real = Run(pipeline.run.experiment, pipeline.steps["validate_model"].id)
    real.display_name = "something else"
    forged = step_of(pipeline.run, "validate_model")
    publish(forged, refused.model_copy(update={"status": "BLESSED"}), pipeline.work / "validate_model")

    with pytest.raises(TamperedError, match="has two steps called validate_model") as caught:
        pipeline.deploy()

    assert forged.id in str(caught.value)
    assert real.id in str(caught.value)


def test_a_file_that_somebody_kept_with_the_run_before_the_step_is_not_taken_for_its_own(
    pipeline: Pipeline, refused: Verdict
) -> None:
    """As a step that was restarted would find it."""
    run, forged = pipeline.begin("validate_model"), pipeline.work / "forged"
    run.keep({"outputs/verdict.json": refused.model_copy(update={"status": "BLESSED"}).write(forged)})

    with pytest.raises(TamperedError, match=r"has a file outputs/verdict\.json that this step didn't keep"):
        pipeline.write(refused, "validate_model")


def test_a_restarted_step_hands_on_what_it_recorded_whatever_lies_there(
    pipeline: Pipeline, refused: Verdict, tmp_path: Path
) -> None:
    file = pipeline.write(refused, "validate_model")
    recorded = file.read_bytes()
    change(file, status="BLESSED")

    measured = CHECK.model_copy(update={"measured": 0.2})
    again = refused.model_copy(update={"metrics": {"accuracy": 0.2}, "checks": (measured,)})
    pipeline.write(again, "validate_model")

    assert file.read_bytes() == recorded
    lost = pipeline.begin("smoke_test")
    lost.add_properties({property_of("verdict.json"): "0" * 64})
    with pytest.raises(WorkspaceError, match=r"killed and restarted after it recorded the SHA-256 0{64}"):
        publish(lost, refused, tmp_path / "lost")


def test_a_deployment_that_was_changed_is_undone_by_what_its_run_kept(
    pipeline: Pipeline,
    port: V1Workspace,
    settings: Settings,
    revision: Callable[..., Revision],
    version: Callable[[str], ModelVersion],
) -> None:
    first = version("one")
    pipeline.write(candidate_of(first, pipeline.run.id), "register_model")
    done = deploy(port, settings, revision(first, pipeline.run.id), pipeline.run.id)
    change(pipeline.write(done, "deploy_service"), answers=[])

    with pytest.raises(TamperedError) as caught:
        pipeline.smoke_test(settings)

    said, undone = str(caught.value).splitlines()
    assert said.startswith("deployment.json isn't what the step deploy_service wrote")
    name = settings.service.name
    assert undone == f"The service isn't proven; there was no service {name} before, so it was removed"
    assert port.services.find(name) is None


def test_the_report_of_a_run_shows_only_what_its_steps_recorded(
    pipeline: Pipeline, port: V1Workspace, refused: Verdict, local_workspace_folder: Path, tmp_path: Path
) -> None:
    """The panel, `--json` and the job's summary are made of it."""
    from pipelines.outcome.report import fetch_report
    from pipelines.outcome.run_state import RunState

    pipeline.patch.setenv("AMLGPU_HOME", str(tmp_path / "home"))
    pipeline.write(refused, "validate_model")
    state = RunState(pipeline.run.id, "Finished", ())
    assert fetch_report(port, state).verdict == refused
    (kept,) = local_workspace_folder.glob(f"blobs/*/ExperimentRun/dcid.{pipeline.steps['validate_model'].id}/outputs/*")
    change(kept, status="BLESSED")

    with pytest.raises(TamperedError, match=r"verdict\.json isn't what the step validate_model wrote"):
        fetch_report(port, state)


def test_what_a_run_of_before_recorded_nothing_of_is_believed(
    pipeline: Pipeline, refused: Verdict, tmp_path: Path
) -> None:
    """A rollback crosses the update; nothing that was recorded can be made to look so."""
    from steps.artifacts.recorded import fetch_kept

    run = pipeline.begin("validate_model")
    run.keep({"outputs/verdict.json": refused.write(tmp_path)})
    steps = {"validate_model": run}
    assert fetch_kept(steps, Verdict) == refused
    run.add_properties({property_of("verdict.json"): "0" * 64})
    with pytest.raises(TamperedError):
        fetch_kept(steps, Verdict)
    assert fetch_kept({}, Verdict) is None


def test_what_tags_or_a_journal_lead_to_is_what_the_service_ran_or_is_not_put_back(
    pipeline: Pipeline,
    port: V1Workspace,
    settings: Settings,
    version: Callable[[str], ModelVersion],
    tmp_path: Path,
) -> None:
    """Both are anybody's to write: a service's tags, and the lease on the datastore."""
    from steps.rollout.lease_file import Before
    from steps.rollout.put_back import put_back
    from steps.rollout.released import keep_code

    first, evil = version("one"), version("two")
    run_id = pipeline.run.id
    pipeline.write(candidate_of(first, run_id), "register_model")
    (tmp_path / "source" / "scoring").mkdir(parents=True)
    (tmp_path / "source" / "scoring" / "score.py").write_text("code")
    keep_code(pipeline.begin("deploy_service"), tmp_path / "source")
    done = plan_of(candidate_of(first, run_id), settings)
    pipeline.write(done.model_copy(update={"tags": {"run_id": run_id}}), "deploy_service")
    unknown = dict.fromkeys(ServiceState.model_fields.keys() - {"autoscaling"})
    genuine = {"state": "Healthy", "models": (first.id,), "environment": "echo", "tags": {"run_id": run_id}}

    def refusal(**forged: object) -> str:
        before = Before(state=ServiceState.model_validate(unknown | genuine | forged))
        with pytest.raises(RollbackError) as caught:
            put_back(port, settings.service.name, before, settings)
        return str(caught.value)

    for forged in ({"models": (evil.id,)}, {"environment": "another"}):
        assert f"name the run {run_id}, which released {first.id} as {settings.service.name}" in refusal(**forged)
    assert port.services.find(settings.service.name) is None


def test_a_service_whose_tags_were_made_to_look_released_is_deployed_again(
    pipeline: Pipeline,
    port: V1Workspace,
    settings: Settings,
    revision: Callable[..., Revision],
    version: Callable[[str], ModelVersion],
) -> None:
    first = version("one")
    done = deploy(port, settings, revision(first, pipeline.run.id), pipeline.run.id)
    pipeline.write(candidate_of(first, pipeline.run.id), "register_model")
    pipeline.write(done, "deploy_service")
    assert deploy(port, settings, revision(first, "run-2"), "run-2").action == "unchanged"
    name = settings.service.name
    forged = TAGS | {"scoring_hash": "of the code that the next run brings", "run_id": pipeline.run.id}
    port.services.set_tags(name, forged)
    wanted = replace(revision(first, "run-3"), tags=forged | {"run_id": "run-3"})
    pipeline.patch.setattr("tests.integration.steps.releasing.TAGS", forged)

    assert deploy(port, settings, wanted, "run-3").action == "updated"

    port.services.delete(name)
