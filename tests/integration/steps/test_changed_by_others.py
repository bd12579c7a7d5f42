"""What a release does about what others have changed: people, other runs, an operation under way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config.errors import DeploymentError
from config.settings import Settings, load_settings
from tests.integration.steps.releasing import candidate_of, deploy
from workspaces.models import ModelVersion
from workspaces.services import Revision

if TYPE_CHECKING:
    from azureml.core import Model, Workspace
    from azureml.core.compute import AksCompute
    from azureml.core.model import InferenceConfig

    from workspaces.v1.workspace import V1Workspace


def test_a_run_that_has_nothing_to_release_removes_what_was_staged_and_keeps_the_way_back(
    port: V1Workspace,
    cluster: AksCompute,
    settings: Settings,
    revision: Callable[..., Revision],
    version: Callable[[str], ModelVersion],
) -> None:
    from steps.rollout.configuration import configuration
    from steps.rollout.lease import Lease
    from workspaces.v1.staging import STAGED_FOR, staged_name

    first, name = version("one"), settings.service.name
    deploy(port, settings, revision(first, "run-1"), "run-1")
    Lease.acquire(port, name, "run-1", settings.service).release(proven=True)
    left = replace(revision(first, "run-0"), tags={STAGED_FOR: name})
    port.services.create(staged_name(name), cluster.name, left, configuration(settings))

    assert deploy(port, settings, revision(first, "run-2"), "run-2").action == "unchanged"

    assert port.services.staged(name) is None
    state = port.services.find(name)
    assert state is not None
    assert state.tags["run_id"] == "run-2"  # run-1 has kept nothing that the service could be put back to
    port.services.delete(name)


def test_what_somebody_scaled_by_hand_is_brought_back_to_the_settings(
    workspace: Workspace,
    port: V1Workspace,
    settings: Settings,
    revision: Callable[..., Revision],
    version: Callable[[str], ModelVersion],
) -> None:
    """`amlgpu plan` compares by the same function."""
    from azureml.core.webservice import AksWebservice

    from steps.rollout.resources import changed_resources

    first = version("one")
    deploy(port, settings, revision(first, "run-1"), "run-1")
    assert deploy(port, settings, revision(first, "run-2"), "run-2").action == "unchanged"
    service = AksWebservice(workspace, settings.service.name)
    service.update(autoscale_enabled=True, autoscale_min_replicas=2, scoring_timeout_ms=1000)
    service.wait_for_deployment()

    def changed(given: Settings, **untold: None) -> list[str]:
        state = port.services.find(settings.service.name)
        assert state is not None
        return [one.name for one in changed_resources(port, state.model_copy(update=untold), given)]

    assert changed(settings) == ["replicas", "timeout, ms", "autoscaling"]

    assert deploy(port, settings, revision(first, "run-3"), "run-3").action == "updated"

    assert changed(settings) == []
    without = {"service.enable_gpu": "false", "service.gpu_cores": "0", "service.replicas": "1"}
    on_cpus = load_settings("local", without | {"service.cpu_cores": "0.1"}, environ={})
    assert changed(on_cpus) == []  # what a failed release brought: no update takes it away
    assert changed(settings, max_queue_wait_ms=None) == []  # set again by every run otherwise
    port.services.delete(settings.service.name)


@pytest.mark.parametrize("ours", [True, False])
def test_only_what_was_staged_is_removed(
    workspace: Workspace,
    port: V1Workspace,
    cluster: AksCompute,
    settings: Settings,
    scoring: InferenceConfig,
    model: Callable[[str], Model],
    ours: bool,
) -> None:
    """Somebody's own service may well be called NAME-staged."""
    from azureml.core import Model
    from azureml.core.webservice import AksWebservice

    from steps.rollout.staging import remove_staged
    from workspaces.v1.staging import staged_name

    name = staged_name(settings.service.name)
    tags = {"staged_for": settings.service.name} if ours else {"team": "tests"}
    one = AksWebservice.deploy_configuration(num_replicas=1, autoscale_enabled=False, tags=tags)
    service = Model.deploy(workspace, name, [model("one")], scoring, one, cluster)
    if not ours:
        service.wait_for_deployment()

    remove_staged(port, settings.service.name, settings)

    assert (port.services.find(name) is None) is ours
    if not ours:
        service.delete()


def test_an_update_waits_for_the_operation_under_way(
    port: V1Workspace,
    cluster: AksCompute,
    settings: Settings,
    revision: Callable[..., Revision],
    version: Callable[[str], ModelVersion],
) -> None:
    from steps.rollout.configuration import configuration
    from steps.rollout.service import check_gpus, update, update_tags, wait_healthy

    name, wanted = settings.service.name, configuration(settings)
    port.services.create(name, cluster.name, revision(version("one"), "run-1"), wanted)
    newer = version("two")

    update(port, name, revision(newer, "run-2"), wanted, seconds=60)
    update_tags(port, name, {"run_id": "run-3"}, seconds=60)
    state = wait_healthy(port, name, seconds=60)

    assert (state.models, state.tags) == ((newer.id,), {"run_id": "run-3"})
    on_cpus = replace(wanted, gpu_cores=0)
    with pytest.raises(DeploymentError, match="has 1 GPU a replica and an update can't take them away"):
        check_gpus(port, name, state, on_cpus)
    update(port, name, revision(newer, "run-1"), on_cpus, seconds=60)  # a rollback: better with an idle GPU than not
    state = wait_healthy(port, name, seconds=60)
    assert (state.tags["run_id"], state.gpu_cores) == ("run-1", 1)
    port.services.delete(name)


def test_a_verdict_leaves_the_marks_that_another_run_made_while_it_measured(
    port: V1Workspace,
    settings: Settings,
    version: Callable[[str], ModelVersion],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Without them, `latest` could go back behind what was released."""
    from steps import validate_model
    from steps.folders.datastore import upload_folder
    from steps.registration.versions import find_version, mark

    first, images = version("one"), tmp_path / "images"
    images.mkdir()
    (images / "labels.csv").write_text("file,label\n1.jpg,1\n")
    (images / "1.jpg").write_bytes(b"not measured")
    of_images = {"validation_data": upload_folder(port, images, "validation")}

    def released_meanwhile(*_: object) -> validate_model.Rival:
        mark(port, first.name, first.version, {"released_by": "run-1"})
        return validate_model.Rival(reason="nothing is served")

    monkeypatch.setattr(validate_model, "measure_rival", released_meanwhile)
    candidate = candidate_of(first, "run-2").model_copy(update=of_images)
    validate_model.validate(port, candidate, settings, 0, settings.service.name, "run-2", tmp_path)

    marked = find_version(port, first.name, first.version).tags
    assert (marked["released_by"], marked["verdict"]) == ("run-1", "NOT_BLESSED")
