from pathlib import Path

import pytest

from config.errors import AmlGpuError, ConfigError, DeploymentError, ModelError
from config.settings import Settings, load_settings
from pipelines.foresight.choice import Choice
from pipelines.foresight.obstacles import (
    Proposal,
    as_one_error,
    of_compilation,
    of_no_samples,
    of_samples,
    of_service,
    of_thresholds,
)
from scoring.contract import Contract, Input, Task, Tensor
from tests.zoo.images import colour
from workspaces.models import ModelVersion

JPEGS = Tensor(name="jpegs", dtype="string", shape=(None,))
PROBABILITIES = Tensor(name="probabilities", dtype="float32", shape=(None, 3))
CONTRACT = Contract(
    signature="serving_default",
    input=Input(kind="jpeg", tensors=(JPEGS,)),
    task=Task(kind="classification", outputs=(PROBABILITIES,)),
)
THREE = Choice(None, "c", CONTRACT, {"contract_hash": "x", "task": "classification", "classes": "3"})


@pytest.fixture
def settings() -> Settings:
    return load_settings("local", {"validation.minimum_samples": "4"}, environ={})


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    """Three labelled images, one of a class that a model of three hasn't."""
    (tmp_path / "labels.csv").write_text("file,label\n0.jpg,0\n1.jpg,2\n2.jpg,3\n")
    for number in range(3):
        (tmp_path / f"{number}.jpg").write_bytes(colour(number % 3))
    return tmp_path


def text(obstacles: list[AmlGpuError]) -> str:
    return "\n".join(map(str, obstacles))


def test_one_with_a_threshold_is_fine(settings: Settings) -> None:
    assert list(of_thresholds(THREE, Proposal(), settings)) == []


def test_a_label_that_the_model_cannot_give_is_told(settings: Settings, samples: Path) -> None:
    (told,) = of_samples(THREE, Proposal(samples), settings)
    assert isinstance(told, ModelError)
    assert "labels.csv line 4: label 3: the model has 3 classes, 0 to 2" in str(told)


def test_too_few_samples_are_told_unless_the_release_is_forced(settings: Settings, samples: Path) -> None:
    (samples / "labels.csv").write_text("file,label\n0.jpg,0\n1.jpg,2\n")
    assert "2 samples, validation.minimum_samples asks for 4" in text(
        list(of_samples(THREE, Proposal(samples), settings))
    )
    assert list(of_samples(THREE, Proposal(samples, forced=True), settings)) == []


def test_so_is_a_count_that_takes_too_few(settings: Settings) -> None:
    (told,) = of_samples(THREE, Proposal(sample_count=3), settings)
    assert isinstance(told, ConfigError)
    assert "3 samples are to be scored, validation.minimum_samples is 4" in str(told)
    assert list(of_samples(THREE, Proposal(sample_count=4), settings)) == []
    assert list(of_samples(THREE, Proposal(sample_count=0), settings)) == []


def test_samples_of_a_model_that_cannot_be_served_are_not_judged(settings: Settings, samples: Path) -> None:
    broken = Choice(None, "c", refusal=ModelError("no signature"))
    assert list(of_samples(broken, Proposal(samples), settings)) == []


def test_a_new_model_without_validation_data_is_told_where_a_run_starts(tmp_path: Path) -> None:
    (told,) = of_no_samples([], THREE, Proposal(starts=True))
    assert isinstance(told, ConfigError)
    assert "--validation-data: none given, and this model isn't registered yet" in str(told)
    assert list(of_no_samples([], THREE, Proposal(tmp_path, starts=True))) == []
    assert list(of_no_samples([ModelVersion("digits", 4, {})], THREE, Proposal(starts=True))) == []
    assert list(of_no_samples([], THREE, Proposal())) == []


def test_a_task_without_a_threshold_is_told_unless_the_release_is_forced(settings: Settings) -> None:
    unset = load_settings("local", {"validation.accuracy_floor": "null"}, environ={})
    (told,) = of_thresholds(THREE, Proposal(), unset)
    assert isinstance(told, ConfigError)
    assert "no threshold is set of a classification model" in str(told)
    assert "write validation.accuracy_floor into" in str(told)
    assert list(of_thresholds(THREE, Proposal(forced=True), unset)) == []
    assert list(of_thresholds(THREE, Proposal(), settings)) == []


@pytest.mark.parametrize(
    ("form", "told"),
    [
        (Input(kind="tensors", tensors=(Tensor(name="x", dtype="float32", shape=(None, None, 4)),)), 1),
        (Input(kind="tensors", tensors=(Tensor(name="x", dtype="float32", shape=(None, 8, 4)),)), 0),
        (Input(kind="image", tensors=(Tensor(name="x", dtype="uint8", shape=(None, None, None, 3)),)), 1),
        (Input(kind="image", tensors=(Tensor(name="x", dtype="uint8", shape=(None, None, None, 3)),), size=(8, 8)), 0),
        (CONTRACT.input, 0),
    ],
)
def test_shapes_that_requests_choose_are_not_for_xla(form: Input, told: int) -> None:
    choice = Choice(None, "c", CONTRACT.model_copy(update={"input": form}))
    compiled = load_settings("local", {"scoring.xla": "true"}, environ={})
    found = list(of_compilation(choice, compiled))
    assert len(found) == told
    assert all(
        "scoring.xla compiles the model anew for each shape, and requests choose that of x:" in str(one)
        for one in found
    )
    assert list(of_compilation(choice, load_settings("local", environ={}))) == []
    assert not any("--force" in str(one) for one in found), "no service of it starts, with whatever reason"


def live(**tags: str) -> ModelVersion:
    return ModelVersion("digits", 4, tags)


def test_a_service_of_other_classes_wants_another_service_file(settings: Settings) -> None:
    (told,) = of_service(live(task="classification", classes="10"), THREE, Proposal(), settings)
    assert isinstance(told, DeploymentError)
    assert "the service digits serves digits:4" in str(told)
    assert "its number of classes is 10, not 3. Give this one a service file of its own" in str(told)


@pytest.mark.parametrize(
    ("tags", "proposal"),
    [
        ({"task": "classification", "classes": "3", "labels_hash": "other"}, Proposal()),
        ({}, Proposal()),
        ({"task": "binary"}, Proposal(forced=True)),
    ],
    ids=["the same", "unknown", "forced"],
)
def test_nothing_is_said_of_a_service(settings: Settings, tags: dict[str, str], proposal: Proposal) -> None:
    assert list(of_service(live(**tags), THREE, proposal, settings)) == []


def test_all_are_told_in_one_error_of_the_kind_of_the_first() -> None:
    one = ModelError("can't be served:\n- no signature")
    assert as_one_error([one]) is one
    both = as_one_error([one, DeploymentError("no room")])
    assert isinstance(both, ModelError)
    assert str(both) == "2 things stand in the way:\n- can't be served:\n  - no signature\n- no room"
