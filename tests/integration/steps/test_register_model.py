"""The steps' own use of the SDK, against the local workspace: models, folders of the datastore, the service."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from config.errors import DeploymentError, ModelError, WorkspaceError
from config.loading.folder import FOLDER
from config.settings import load_settings
from tests.integration.steps.releasing import step_of

if TYPE_CHECKING:
    from azureml.core import Experiment, Workspace

    from pipelines.sample_model import Sample
    from steps.artifacts.candidate import Candidate
    from steps.registration.findings_kept import KeptFindings
    from workspaces.v1.workspace import V1Workspace

NAME = "steps-digits"


@pytest.fixture(scope="module")
def uploaded(port: V1Workspace, sample: Sample) -> str:
    """The sample model's folder on the default datastore."""
    from steps.datastore import upload_folder

    return upload_folder(port, sample.model, "models")


@pytest.fixture(scope="module")
def samples(port: V1Workspace, sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Three of the sample's images there."""
    from steps.datastore import upload_folder

    folder = tmp_path_factory.mktemp("validation")
    lines = (sample.validation / "labels.csv").read_text().splitlines()[:4]
    (folder / "labels.csv").write_text("\n".join(lines))
    for line in lines[1:]:
        shutil.copy(sample.validation / line.split(",")[0], folder)
    return upload_folder(port, folder, "validation")


@pytest.fixture
def kept(experiment: Experiment) -> Iterator[KeptFindings]:
    """What a pipeline run's register_model keeps, and knows."""
    from steps.registration.findings_kept import KeptFindings

    run = experiment.start_logging(snapshot_directory=None)
    yield KeptFindings(step_of(run, "register_model"))
    run.complete()


@pytest.fixture
def find(port: V1Workspace, samples: str, kept: KeptFindings) -> Callable[..., Candidate]:
    """The candidate that a model's parameter leads to: `find(uploaded, labels="names.txt")`."""
    from steps.register_model import Asked, Origin, find_candidate

    origin = Origin(git_commit="c" * 40, config_hash="d" * 12, run_id="run-1")

    def of(model: str, validation_data: str = samples, source: str = "-", name: str = NAME, **task: str) -> Candidate:
        overrides = {"model.name": name} | {f"task.{key}": value for key, value in task.items()}
        settings = load_settings("local", overrides)
        return find_candidate(port, settings, Asked(model, validation_data, source), origin, kept)

    return of


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


def test_what_a_run_found_out_about_a_model_the_next_doesnt_look_for(
    uploaded: str, find: Callable[..., Candidate], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = find(uploaded)
    monkeypatch.setattr("steps.registration.contract.looking.look", _looks)

    again = find(uploaded)

    assert (again.model, again.contract, again.reused) == (first.model, first.contract, True)
    with pytest.raises(RuntimeError, match="it looks"):
        find(uploaded, kind="multilabel")
    monkeypatch.setattr("steps.registration.looked.code_hash", lambda: "newer")
    with pytest.raises(RuntimeError, match="it looks"):
        find(uploaded)


TAMPERED = [{"threshold": 0.01}, {"labels": [str(digit) for digit in range(9, -1, -1)]}, {"logits": True}]


@pytest.mark.parametrize("tampered", TAMPERED)
def test_a_finding_that_no_run_recorded_is_looked_for_again(
    port: V1Workspace, uploaded: str, find: Callable[..., Candidate], tampered: dict[str, Any]
) -> None:
    first = find(uploaded)
    for path in (f"amlgpu/inspections/{name}" for name in port.files.sizes("amlgpu/inspections")):
        stored = port.files.read(path)
        assert stored is not None
        known = json.loads(stored.content)
        known["inspection"]["contract"]["task"] |= tampered
        port.files.write(path, json.dumps(known).encode(), stored.etag)

    again = find(uploaded)

    assert (again.model, again.contract) == (first.model, first.contract)


def _looks(*_: object, **__: object) -> None:
    raise RuntimeError("it looks")


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


def test_recorded_samples_that_new_labels_do_not_suit_are_told_before_a_version_is_registered(
    port: V1Workspace,
    sample: Sample,
    uploaded: str,
    find: Callable[..., Candidate],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from steps.datastore import upload_folder

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


def test_latest_keeps_its_contract_where_the_settings_say_the_same_whatever_new_data_tell(
    port: V1Workspace, find: Callable[..., Candidate], tmp_path: Path
) -> None:
    """Two numbers that sum to 1 for the first data, and not for the second: as a folder it can't be told any more."""
    import tensorflow as tf

    from steps.datastore import upload_folder
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


def test_validation_data_without_one_sound_sample_is_refused_with_its_problems(
    port: V1Workspace, uploaded: str, find: Callable[..., Candidate], tmp_path: Path
) -> None:
    from steps.datastore import upload_folder

    (tmp_path / "labels.csv").write_text("file,label\nnowhere.jpg,1\n")

    with pytest.raises(ModelError, match=r"nowhere\.jpg is not in the folder"):
        find(uploaded, upload_folder(port, tmp_path, "validation"), name="steps-unsound")


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
    from steps.datastore import upload_folder

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


def test_a_service_that_is_not_there(port: V1Workspace) -> None:
    assert port.services.find("no-such-service") is None


def test_a_cluster_that_is_not_there_is_named_with_the_verb(port: V1Workspace) -> None:
    from steps.rollout.cluster import find_cluster

    settings = load_settings("local", {"cluster.name": "not-attached"}, environ={})

    with pytest.raises(
        WorkspaceError, match=r"cluster\.name=not-attached: .*`amlgpu provision --target local --service digits "
    ):
        find_cluster(port, settings)
