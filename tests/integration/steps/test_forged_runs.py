"""What somebody who may write to runs, tags and the datastore gets a release to believe: nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config.errors import DeploymentError, RollbackError, SmokeTestError, TamperedError, WorkspaceError
from config.settings import Settings
from steps.artifacts.candidate import Candidate
from steps.artifacts.verdict import Verdict
from tests.integration.steps.releasing import TAGS, candidate_of, deploy, patch, plan_of, step_of
from tests.integration.steps.stepwise import Pipeline, change
from workspaces.models import ModelVersion
from workspaces.services import Revision, ServiceState

if TYPE_CHECKING:
    from steps.artifacts.deployment import Deployment
    from workspaces.v1.workspace import V1Workspace

STATE = dict.fromkeys(ServiceState.model_fields.keys() - {"autoscaling"}) | {
    "state": "Healthy",
    "models": ("echo:1",),
    "tags": TAGS,
}


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """Scoring code, in a folder of its own."""
    root = tmp_path / "code"
    (root / "scoring").mkdir(parents=True)
    (root / "scoring" / "score.py").write_text("code")
    return root


def of_code(candidate: Candidate, settings: Settings, code: Path) -> Deployment:
    from steps.registration.saved_model import content_hash

    tags = {"run_id": candidate.run_id, "scoring_hash": content_hash(code)}
    return plan_of(candidate, settings).model_copy(update={"tags": tags, "action": "created"})


def test_a_run_that_refused_its_candidate_has_no_deployment_that_anybody_adds_later(
    pipeline: Pipeline,
    candidate: Candidate,
    refused: Verdict,
    port: V1Workspace,
    settings: Settings,
    code: Path,
    tmp_path: Path,
) -> None:
    """Its deploy_service failed and recorded nothing: that makes it no run of before this was recorded."""
    from pipelines.outcome.report import fetch_report
    from pipelines.outcome.run_state import RunState
    from steps.rollout.released import keep_code, read_released, released_code

    pipeline.patch.setenv("AMLGPU_HOME", str(tmp_path / "home"))
    pipeline.write(candidate, "register_model")
    pipeline.write(refused, "validate_model")
    step, run_id = pipeline.begin("deploy_service"), pipeline.run.id
    keep_code(step, code)
    unknown = dict.fromkeys(ServiceState.model_fields.keys() - {"autoscaling"})
    state = ServiceState.model_validate(unknown | {"state": "Healthy", "models": (), "tags": {"run_id": run_id}})
    assert released_code(port, settings.service.name, state, tmp_path / "out") is None

    step.keep({"outputs/deployment.json": of_code(candidate, settings, code).write(tmp_path / "forged")})

    words = r"deployment\.json: the step deploy_service .* has such a file and recorded no SHA-256 of it"
    with pytest.raises(TamperedError, match=words):
        read_released(port, run_id, tmp_path / "out")
    with pytest.raises(TamperedError, match=words):
        released_code(port, settings.service.name, state, tmp_path / "out")
    with pytest.raises(TamperedError, match=r"deployment\.json: a step of this run has such a file"):
        fetch_report(port, RunState(run_id, "Failed", ()))


def test_a_rollback_goes_only_to_a_run_whose_smoke_test_recorded_a_release(
    pipeline: Pipeline,
    port: V1Workspace,
    settings: Settings,
    version: Callable[[str], ModelVersion],
    candidate: Candidate,
    code: Path,
) -> None:
    """The tag that says who released a version is anybody's, and the run that it names may have failed."""
    from pipelines.live.rollback import plan_roll_back
    from steps.registration.versions import RELEASED_BY, mark
    from steps.rollout.released import keep_code
    from steps.smoke_test import _release

    name, run_id = candidate.model_name, pipeline.run.id
    pipeline.patch.setattr(type(port.services), "find", lambda *_: ServiceState.model_validate(STATE))
    of_model = settings.model_copy(update={"model": settings.model.model_copy(update={"name": name})})
    pipeline.write(candidate, "register_model")
    keep_code(pipeline.begin("deploy_service"), code)
    done = of_code(candidate, settings, code)
    pipeline.write(done, "deploy_service")
    mark(port, name, candidate.model_version, {RELEASED_BY["v1"]: run_id})

    with pytest.raises(DeploymentError, match=f"the run {run_id} hasn't proven {candidate.model}"):
        plan_roll_back(port, of_model, candidate.model_version)

    pipeline.write(_release(done, (), (), run_id), "smoke_test")
    assert f"back to {candidate.model}" in plan_roll_back(port, of_model, candidate.model_version)


@pytest.fixture
def deployed(
    pipeline: Pipeline,
    port: V1Workspace,
    settings: Settings,
    revision: Callable[..., Revision],
    version: Callable[[str], ModelVersion],
) -> str:
    """A first service that a run has deployed and not proven yet, which no query proves; its name."""
    first = version("one")
    pipeline.write(candidate_of(first, pipeline.run.id), "register_model")
    pipeline.write(deploy(port, settings, revision(first, pipeline.run.id), pipeline.run.id), "deploy_service")
    return settings.service.name


def test_what_fails_its_smoke_test_goes_whatever_became_of_the_journal(
    pipeline: Pipeline, port: V1Workspace, settings: Settings, deployed: str
) -> None:
    """It is a file on the datastore, which anybody can delete; what was done was recorded."""
    from steps.rollout.lease_file import FOLDER

    port.files.delete(f"{FOLDER}/{deployed}.json")

    with pytest.raises(SmokeTestError, match=f"there was no service {deployed} before, so it was removed"):
        pipeline.smoke_test(settings)

    assert port.services.find(deployed) is None


@pytest.mark.parametrize("of", ["validate_model", "deploy_service"])
def test_a_second_step_of_a_name_keeps_nothing_live_that_cannot_be_believed(
    pipeline: Pipeline, port: V1Workspace, settings: Settings, deployed: str, of: str
) -> None:
    pipeline.begin(of)
    step_of(pipeline.run, of)
    change(pipeline.work / "deploy_service" / "deployment.json", answers=[])

    with pytest.raises(TamperedError) as caught:
        pipeline.smoke_test(settings)

    why, done = str(caught.value).splitlines()
    assert ("has two steps called deploy_service" if of == "deploy_service" else "deployment.json isn't what") in why
    assert done.endswith(f"there was no service {deployed} before, so it was removed")
    assert port.services.find(deployed) is None


def test_what_the_step_before_left_being_lost_keeps_nothing_live(
    pipeline: Pipeline, port: V1Workspace, settings: Settings, deployed: str
) -> None:
    from steps.rollout.lease_file import FOLDER

    (pipeline.work / "deploy_service" / "deployment.json").unlink()
    with pytest.raises(WorkspaceError, match=r"deployment\.json isn't there(.|\n)*so it was removed"):
        pipeline.smoke_test(settings)
    assert port.services.find(deployed) is None

    step_of(pipeline.run, "deploy_service")
    port.files.delete(f"{FOLDER}/{deployed}.json")
    with pytest.raises(RollbackError, match=f"EMERGENCY: nobody has proven what service {deployed} runs"):
        pipeline.smoke_test(settings)


def test_a_step_stays_in_its_pipeline_run_and_what_anybody_puts_there_is_none(
    pipeline: Pipeline, refused: Verdict
) -> None:
    """So nobody can move the real one away and leave a forged one in its place."""
    from workspaces.v1.runs import STEP_NAME

    pipeline.write(refused, "validate_model")
    real, run = pipeline.steps["validate_model"], pipeline.run
    for key, value in (("parentRunId", "another"), ("dataContainerId", "dcid.another"), ("runType", "another")):
        answer = patch(run, {"runId": real.id, key: value})
        assert answer.status_code == 400, key
        assert f"{key} of run '{real.id}' is" in answer.text
    assert patch(run, {"runId": real.id, "parentRunId": run.id, "displayName": "same"}).status_code == 200

    run.child_run().add_properties({STEP_NAME: "validate_model"})

    assert {name: step.id for name, step in real.workspace.runs.steps(run.id).items()} == {"validate_model": real.id}


def test_what_somebody_recorded_while_the_step_worked_is_not_taken_for_an_earlier_life(
    pipeline: Pipeline, candidate: Candidate, refused: Verdict, settings: Settings, tmp_path: Path
) -> None:
    """Azure ML keeps a property from being changed, not from being added by somebody else first."""
    from steps.artifacts.recorded import property_of, sha256_of

    done = plan_of(candidate, settings)
    forgeries = (
        (refused, refused.model_copy(update={"status": "BLESSED"}), "validate_model", "status"),
        (candidate, candidate.model_copy(update={"model_version": 99}), "register_model", "model_version"),
        (done.model_copy(update={"action": "created"}), done, "deploy_service", "action"),
    )
    for found, forged, step, what in forgeries:
        run = pipeline.begin(step)
        run.add_properties({property_of(forged.file_name): sha256_of(forged.to_bytes())})
        run.keep({forged.kept_as(): forged.write(tmp_path / "forged")})

        with pytest.raises(TamperedError, match=f"has recorded of it differs from what this step found in {what}"):
            pipeline.write(found, step)

        assert not (pipeline.work / step / found.file_name).exists()


def test_a_restarted_deployment_finds_unchanged_what_it_made(
    pipeline: Pipeline, candidate: Candidate, settings: Settings
) -> None:
    from steps.artifacts.deployment import Deployment

    found = plan_of(candidate, settings)
    made = found.model_copy(update={"action": "created"})
    file = pipeline.write(made, "deploy_service")

    pipeline.write(found, "deploy_service")

    assert Deployment.read(file.parent) == made


def test_the_samples_of_a_version_are_those_that_it_was_registered_with_whatever_its_tag_says(
    port: V1Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from steps.registration.versions import find_version, mark, register, validation_data_of

    folder = tmp_path / "version"
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "weights").write_text("one")
    made = register(port, "samples", folder, {"validation_data": "amlgpu/validation/one"})
    mark(port, "samples", made.version, {"validation_data": "amlgpu/validation/forged"})

    found = find_version(port, "samples", made.version)

    assert validation_data_of(found) == "amlgpu/validation/one"
    assert "its tag validation_data says amlgpu/validation/forged" in capsys.readouterr().out
    of_before = port.models.register("samples", folder, {"validation_data": "amlgpu/validation/two"})
    assert validation_data_of(of_before) == "amlgpu/validation/two"


def test_a_deployment_that_somebody_else_recorded_is_taken_back(
    pipeline: Pipeline,
    port: V1Workspace,
    settings: Settings,
    candidate: Candidate,
    refused: Verdict,
    revision: Callable[..., Revision],
    version: Callable[[str], ModelVersion],
) -> None:
    """No smoke test comes to prove it: its step failed."""
    from steps import deploy_service
    from steps.artifacts.recorded import property_of

    first, run_id = version("one"), pipeline.run.id
    pipeline.write(candidate, "register_model")
    pipeline.write(refused, "validate_model")
    pipeline.begin("deploy_service").add_properties({property_of("deployment.json"): "0" * 64})
    pipeline.begin("deploy_service").keep(
        {"outputs/deployment.json": plan_of(candidate, settings).write(pipeline.work / "forged")}
    )
    pipeline.patch.setattr(deploy_service, "load_settings", lambda: settings)
    pipeline.patch.setattr(
        deploy_service, "release", lambda *_: deploy(port, settings, revision(first, run_id), run_id)
    )

    name = settings.service.name
    with pytest.raises(WorkspaceError, match=f"there was no service {name} before, so it was removed"):
        pipeline.deploy()

    assert port.services.find(name) is None
