"""The steps' own use of the SDK, against the local workspace: models, folders of the datastore, the service."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config.errors import ModelError, WorkspaceError
from config.settings import Settings, load_settings

if TYPE_CHECKING:
    from azureml.core import Workspace

    from pipelines.sample_model import Sample
    from steps.register_model import Origin
    from workspaces.v1.workspace import V1Workspace

NAME = "steps-digits"

SERVICE = load_settings("local", environ={}).service


@pytest.fixture(scope="module")
def uploaded(port: V1Workspace, sample: Sample) -> str:
    """The sample model's folder on the default datastore."""
    from steps.datastore import upload_folder

    return upload_folder(port, sample.model, "models")


@pytest.fixture
def origin() -> Origin:
    from steps.register_model import Origin

    return Origin(git_commit="c" * 40, config_hash="d" * 12, run_id="run-1")


@pytest.fixture
def settings() -> Settings:
    return load_settings("local", environ={})


def test_a_folder_is_registered_once(workspace: Workspace, port: V1Workspace, uploaded: str, origin: Origin) -> None:
    from azureml.core.model import Model

    from steps.register_model import find_candidate

    here = Path.cwd()
    first = find_candidate(port, NAME, uploaded, "amlgpu/validation/x", origin, SERVICE)
    again = find_candidate(port, NAME, uploaded, "-", origin, SERVICE)

    assert (first.model_version, first.reused) == (1, False)
    assert (again.model_version, again.reused) == (1, True)
    assert again.validation_data == "amlgpu/validation/x"
    assert [model.version for model in Model.list(workspace, name=NAME)] == [1]
    assert Model(workspace, NAME).tags == {
        "content_hash": first.content_hash,
        "frozen_hash": first.frozen_hash,
        "validation_data": "amlgpu/validation/x",
        "source": uploaded,
        "git_commit": "c" * 40,
        "config_hash": "d" * 12,
        "run_id": "run-1",
    }
    assert Path.cwd() == here


@pytest.mark.parametrize("wanted", ["latest", "1"])
def test_a_registered_version_is_found(port: V1Workspace, uploaded: str, origin: Origin, wanted: str) -> None:
    from steps.register_model import find_candidate

    find_candidate(port, NAME, uploaded, "amlgpu/validation/x", origin, SERVICE)

    found = find_candidate(port, NAME, wanted, "-", origin, SERVICE)

    assert (found.model, found.reused, found.source) == (f"{NAME}:1", True, wanted)


def test_what_is_downloaded_is_what_the_service_sees(
    port: V1Workspace, uploaded: str, origin: Origin, sample: Sample, tmp_path: Path
) -> None:
    from steps.register_model import find_candidate
    from steps.registration.saved_model import content_hash
    from steps.registration.versions import download_version, find_version

    candidate = find_candidate(port, NAME, uploaded, "amlgpu/validation/x", origin, SERVICE)

    model_dir = download_version(port, find_version(port, NAME, candidate.model_version), tmp_path)

    assert model_dir == tmp_path / "azureml-models" / NAME / "1"
    assert content_hash(model_dir / "model") == candidate.content_hash == content_hash(sample.model)


@pytest.mark.parametrize(
    ("name", "model", "message"),
    [
        ("steps-none", "latest", "no version of the model steps-none is registered: release one with `amlgpu run"),
        ("steps-none", "1", "no version of the model steps-none is registered: release one with `amlgpu run"),
        (NAME, "99", f"no version 99 of the model {NAME} is registered: the newest is "),
        (NAME, "0", f"no version 0 of the model {NAME} is registered"),
        (NAME, "amlgpu/models/nowhere", "amlgpu/models/nowhere: no such folder on the datastore"),
    ],
)
def test_what_is_not_there_is_named(port: V1Workspace, origin: Origin, name: str, model: str, message: str) -> None:
    from steps.register_model import find_candidate

    with pytest.raises(ModelError, match=message):
        find_candidate(port, name, model, "amlgpu/validation/x", origin, SERVICE)


def test_a_new_model_needs_validation_data(port: V1Workspace, uploaded: str, origin: Origin) -> None:
    from steps.register_model import find_candidate
    from steps.registration.versions import find_by_hash

    with pytest.raises(
        ModelError, match="--validation-data: none given, and this model isn't registered yet"
    ) as caught:
        find_candidate(port, "steps-unlabelled", uploaded, "-", origin, SERVICE)

    assert caught.value.exit_code == 3
    assert find_by_hash(port, "steps-unlabelled", "any") is None


def test_a_broken_model_is_not_registered(
    workspace: Workspace, port: V1Workspace, origin: Origin, tmp_path: Path
) -> None:
    from azureml.core.model import Model

    from steps.datastore import upload_folder
    from steps.register_model import find_candidate

    (tmp_path / "saved_model.pb").write_bytes(b"not a graph")
    broken = upload_folder(port, tmp_path, "models")

    with pytest.raises(ModelError, match=f"--model {broken}: TensorFlow can't load the SavedModel"):
        find_candidate(port, "steps-broken", broken, "amlgpu/validation/x", origin, SERVICE)
    assert Model.list(workspace, name="steps-broken") == []


def test_a_version_whose_files_changed_is_refused(
    port: V1Workspace, sample: Sample, origin: Origin, tmp_path: Path
) -> None:
    from steps.register_model import find_candidate
    from steps.registration.versions import register

    folder = tmp_path / "model"
    folder.symlink_to(sample.model, target_is_directory=True)
    register(port, "steps-changed", folder, {"content_hash": "0" * 64, "validation_data": "x"})

    with pytest.raises(ModelError, match=r"steps-changed:1: its files have the hash .* register it anew"):
        find_candidate(port, "steps-changed", "latest", "-", origin, SERVICE)


def test_a_service_that_is_not_there(port: V1Workspace) -> None:
    assert port.services.find("no-such-service") is None


def test_a_cluster_that_is_not_there_is_named_with_the_verb(port: V1Workspace) -> None:
    from steps.rollout.cluster import find_cluster

    settings = load_settings("local", {"cluster.name": "not-attached"}, environ={})

    with pytest.raises(
        WorkspaceError, match=r"cluster\.name=not-attached: .*`amlgpu provision --target local --service digits "
    ):
        find_cluster(port, settings)
