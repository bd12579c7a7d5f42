"""The steps' own use of the SDK, against the local workspace: versions of models, from folders of the datastore."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from config.errors import DeploymentError, ModelError
from config.loading.folder import FOLDER
from config.settings import load_settings

if TYPE_CHECKING:
    from azureml.core import Workspace

    from pipelines.sample_model import Sample
    from steps.artifacts.candidate import Candidate
    from steps.registration.findings_kept import KeptFindings
    from workspaces.v1.workspace import V1Workspace

NAME = "steps-digits"


@pytest.fixture
def model_name() -> str:
    return NAME


def test_a_folder_is_registered_once(
    workspace: Workspace, uploaded: str, samples: str, find: Callable[..., Candidate]
) -> None:
    from azureml.core.model import Model

    from steps.registration.identity import contract_hash

    here = Path.cwd()
    first = find(uploaded, source="./export")
    again = find(uploaded, "-")

    assert first.contract is not None
    assert (first.model_version, first.reused, first.source) == (1, False, "./export")
    assert (again.model_version, again.reused) == (1, True)
    assert again.validation_data == samples
    assert again.contract == first.contract
    assert [model.version for model in Model.list(workspace, name=NAME)] == [1]
    tags = Model(workspace, NAME).tags
    assert tags.pop("contract_wishes")
    assert re.fullmatch(r"\d+\.\d kB", tags.pop("size"))
    assert tags == {
        "content_hash": first.content_hash,
        "contract_hash": contract_hash(first.contract),
        "input": "jpeg",
        "task": "classification",
        "classes": "10",
        "frozen_hash": first.frozen_hash,
        "validation_data": samples,
        "source": "./export",
        "git_commit": "c" * 40,
        "config_hash": "d" * 12,
        "run_id": "run-1",
    }
    assert Path.cwd() == here


@pytest.mark.parametrize("wanted", ["latest", "1"])
def test_a_registered_version_is_found(uploaded: str, find: Callable[..., Candidate], wanted: str) -> None:
    made = find(uploaded)

    found = find(wanted, "-")

    assert (found.model, found.reused, found.source, found.contract) == (f"{NAME}:1", True, wanted, made.contract)


def test_what_is_downloaded_is_what_the_service_sees(
    port: V1Workspace, uploaded: str, find: Callable[..., Candidate], sample: Sample, tmp_path: Path
) -> None:
    from scoring.contract import PROBE_FILE, read_contract, version_folder
    from steps.registration.saved_model import content_hash
    from steps.registration.versions import download_version, find_version, saved_model_in

    candidate = find(uploaded)

    model_dir = download_version(port, find_version(port, NAME, candidate.model_version), tmp_path)

    assert model_dir == tmp_path / "azureml-models" / NAME / "1"
    assert content_hash(saved_model_in(model_dir)) == candidate.content_hash == content_hash(sample.model)
    assert read_contract(version_folder(model_dir)) == candidate.contract
    first = (sample.validation / "labels.csv").read_text().splitlines()[1].split(",")[0]
    assert (version_folder(model_dir) / PROBE_FILE).read_bytes() == (sample.validation / first).read_bytes()


def test_one_run_at_a_time_registers_a_model_whichever_sdk_it_is_of(
    port: V1Workspace, uploaded: str, samples: str, kept: KeptFindings
) -> None:
    from steps.register_model import Asked, Origin, find_candidate
    from steps.rollout.lease import Lease
    from workspaces.v2.workspace import sign_in

    settings = load_settings("local-v2", {"model.name": "steps-both", "service.lease_wait_seconds": "0"}, environ={})
    v2, asked = sign_in(settings.workspace), Asked(uploaded, samples)
    held = Lease.acquire(port, "model.steps-both", "run-of-v1", settings.service)
    with pytest.raises(DeploymentError, match=r"model\.steps-both has been held by the run run-of-v1"):
        find_candidate(v2, settings, asked, Origin("c" * 40, "d" * 12, "run-of-v2"), kept)
    held.release(proven=True)
    assert find_candidate(v2, settings, asked, Origin("c" * 40, "d" * 12, "run-of-v2"), kept).model_version == 1


def test_other_labels_make_another_version_of_the_same_content(
    uploaded: str, find: Callable[..., Candidate], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = find(uploaded, name="steps-named")
    shutil.copytree(FOLDER, tmp_path / "config", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (tmp_path / "config" / "digits.txt").write_text("\n".join(f"number {digit}" for digit in range(10)))
    monkeypatch.setenv("AMLGPU_CONFIG", str(tmp_path / "config"))

    named = find(uploaded, name="steps-named", labels="digits.txt")

    assert (plain.model_version, named.model_version, named.reused) == (1, 2, False)
    assert named.contract is not None
    assert (named.content_hash, named.contract.task.labels[3]) == (plain.content_hash, "number 3")
    assert find("latest", "-", name="steps-named", labels="digits.txt").model_version == 2
    assert find("1", "-", name="steps-named", labels="digits.txt").contract == plain.contract
    assert find(uploaded, "-", name="steps-named").model_version == 1
    again = find("latest", "-", name="steps-named")
    assert (again.model_version, again.reused) == (1, True), "the settings no longer name the digits"


def test_latest_keeps_its_contract_where_the_settings_say_the_same_whatever_new_data_tell(
    port: V1Workspace, find: Callable[..., Candidate], tmp_path: Path
) -> None:
    """Two numbers that sum to 1 for the first data, and not for the second: as a folder it can't be told any more."""
    import tensorflow as tf

    from steps.folders.datastore import upload_folder
    from tests.zoo import tf_modules

    def serve(x: Any) -> dict[str, Any]:
        return {"y": tf.stack([x[:, 0], 1 - x[:, 0]], axis=1)}

    def upload(name: str, first: float) -> str:
        (tmp_path / name).mkdir()
        (tmp_path / name / "samples.jsonl").write_text(json.dumps({"input": [first, 0.0], "label": 0}))
        return upload_folder(port, tmp_path / name, "validation")

    tf_modules.save(tmp_path / "model", serve, tf.TensorSpec([None, 2], name="x"))
    model, inside, outside = upload_folder(port, tmp_path / "model", "models"), upload("in", 0.25), upload("out", 7.0)

    first = find(model, inside, name="steps-evidence")
    again = find("latest", outside, name="steps-evidence")

    assert (again.model_version, again.contract, again.validation_data) == (1, first.contract, outside)
    with pytest.raises(ModelError, match="Nothing tells what its values mean"):
        find(model, outside, name="steps-evidence")


def test_a_version_of_before_there_were_contracts_is_still_that_version(
    port: V1Workspace, uploaded: str, samples: str, sample: Sample, find: Callable[..., Candidate], tmp_path: Path
) -> None:
    from steps.registration.saved_model import content_hash, freeze, frozen_hash

    folder = tmp_path / "model"
    shutil.copytree(sample.model, folder)
    freeze(folder)
    tags = {"content_hash": content_hash(folder), "frozen_hash": str(frozen_hash(folder)), "validation_data": samples}
    port.models.register("steps-before", folder, tags)

    for model in (uploaded, "latest", "1"):
        found = find(model, "-", name="steps-before")
        assert (found.model, found.reused) == ("steps-before:1", True)
    named = find("latest", "-", name="steps-before", top_k="3")
    assert named.model_version == 2, "another contract"
    assert named.content_hash == tags["content_hash"]
