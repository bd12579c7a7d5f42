"""What is not registered, or not found."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config.errors import ModelError
from config.loading.folder import FOLDER

if TYPE_CHECKING:
    from pipelines.sample_model import Sample
    from steps.artifacts.candidate import Candidate
    from workspaces.v1.workspace import V1Workspace

NAME = "steps-refused"


@pytest.fixture
def model_name() -> str:
    return NAME


def test_recorded_samples_that_new_labels_do_not_suit_are_told_before_a_version_is_registered(
    port: V1Workspace,
    sample: Sample,
    uploaded: str,
    find: Callable[..., Candidate],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from steps.folders.datastore import upload_folder

    shutil.copytree(FOLDER, tmp_path / "config", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for word in ("number", "digit"):
        (tmp_path / "config" / f"{word}.txt").write_text("\n".join(f"{word} {digit}" for digit in range(10)))
    monkeypatch.setenv("AMLGPU_CONFIG", str(tmp_path / "config"))
    (tmp_path / "named").mkdir()
    name, label = (sample.validation / "labels.csv").read_text().splitlines()[1].split(",")
    shutil.copy(sample.validation / name, tmp_path / "named")
    (tmp_path / "named" / "labels.csv").write_text(f"file,label\n{name},number {label}\n")
    find(uploaded, upload_folder(port, tmp_path / "named", "validation"), name="steps-renamed", labels="number.txt")

    with pytest.raises(ModelError, match="registered with don't suit it: give others with --validation-data") as caught:
        find("latest", "-", name="steps-renamed", labels="digit.txt")

    assert f"line 2: label 'number {label}' is none of the 10 classes" in str(caught.value)
    assert len(port.models.versions("steps-renamed")) == 1


def test_a_version_whose_contract_isnt_the_registered_one_is_refused(
    port: V1Workspace, uploaded: str, find: Callable[..., Candidate], tmp_path: Path
) -> None:
    from scoring.contract import version_folder, write_contract
    from steps.registration.versions import download_version, find_version

    made = find(uploaded)
    assert made.contract is not None
    version = find_version(port, NAME, made.model_version)
    folder = version_folder(download_version(port, version, tmp_path))
    write_contract(made.contract.model_copy(update={"signature": "another"}), folder)
    port.models.register("steps-other-contract", folder, version.tags)

    with pytest.raises(ModelError, match=r"steps-other-contract:1: its contract has the hash .*register it anew"):
        find("1", "-", name="steps-other-contract")


def test_validation_data_without_one_sound_sample_is_refused_with_its_problems(
    port: V1Workspace, uploaded: str, find: Callable[..., Candidate], tmp_path: Path
) -> None:
    from steps.folders.datastore import upload_folder

    (tmp_path / "labels.csv").write_text("file,label\nnowhere.jpg,1\n")

    with pytest.raises(ModelError, match=r"nowhere\.jpg is not in the folder"):
        find(uploaded, upload_folder(port, tmp_path, "validation"), name="steps-unsound")


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
def test_what_is_not_there_is_named(
    uploaded: str, find: Callable[..., Candidate], name: str, model: str, message: str
) -> None:
    find(uploaded)

    with pytest.raises(ModelError, match=message):
        find(model, name=name)


def test_a_new_model_needs_validation_data(port: V1Workspace, uploaded: str, find: Callable[..., Candidate]) -> None:
    with pytest.raises(
        ModelError, match="--validation-data: none given, and this model isn't registered yet"
    ) as caught:
        find(uploaded, "-", name="steps-unlabelled")

    assert caught.value.exit_code == 3
    assert port.models.versions("steps-unlabelled") == []


def test_a_broken_model_is_not_registered_and_called_as_its_owner_calls_it(
    port: V1Workspace, find: Callable[..., Candidate], tmp_path: Path
) -> None:
    from steps.folders.datastore import upload_folder

    (tmp_path / "saved_model.pb").write_bytes(b"not a graph")
    broken = upload_folder(port, tmp_path, "models")

    with pytest.raises(ModelError, match=r"my/export can't be served:\n- "):
        find(broken, source="my/export", name="steps-broken")
    assert port.models.versions("steps-broken") == []


def test_a_version_whose_files_changed_is_refused(
    port: V1Workspace, sample: Sample, find: Callable[..., Candidate], tmp_path: Path
) -> None:
    from steps.registration.versions import register

    shutil.copytree(sample.model, tmp_path / "whole" / "version" / "model")
    register(port, "steps-changed", tmp_path / "whole" / "version", {"content_hash": "0" * 64, "validation_data": "x"})

    with pytest.raises(ModelError, match=r"steps-changed:1: its files have the hash .* register it anew"):
        find("latest", "-", name="steps-changed")
