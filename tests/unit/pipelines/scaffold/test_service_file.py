"""The text of a new service's file, read back as YAML and as settings."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.settings import load_settings
from pipelines.scaffold.entries import entries
from pipelines.scaffold.notes import notes, still_to_say
from pipelines.scaffold.service_file import service_file
from scoring.contract import Contract, Tensor
from scoring.contract import Input as Form
from scoring.contract import Task as Answering
from steps.registration.contract.exploration.results import Exploration, Measured, Threshold, Try
from steps.registration.contract.findings import Inspection, Signature

ROOT = Path(__file__).resolve().parents[4]
PIXELS = Tensor(name="x", dtype="float32", shape=(None, 8, 8, 3))
OUTPUT = Tensor(name="y", dtype="float32", shape=(None, 3))
CONTRACT = Contract(
    signature="serving_default",
    input=Form(kind="image", tensors=(PIXELS,), size=(8, 8)),
    task=Answering(kind="classification", outputs=(OUTPUT,)),
)


MEASURED = Measured(
    metric="accuracy",
    value=0.9,
    samples=100,
    useful=True,
    threshold=Threshold(setting="accuracy_floor", value=0.9),
)


def tried(scale: str, accuracy: float | None = None, **more: Any) -> Try:
    floor = Threshold(setting="accuracy_floor", value=0.9)
    measured = accuracy is not None and Measured(
        metric="accuracy", value=accuracy, samples=100, useful=accuracy > 0.5, threshold=floor
    )
    said: dict[str, Any] = {"input": {"scale": scale}, "task": {"kind": "classification", "logits": True}}
    return Try.model_validate(said | {"contract": CONTRACT, "measured": measured or None} | more)


def explored(*tries: Try, undecided: tuple[str, ...] = (), samples: int = 120) -> Exploration:
    return Exploration(inspection=Inspection(), tries=tries, undecided=undecided, samples=samples)


def written(found: Exploration, labels: str | None = None) -> str:
    assert found.best is not None
    return service_file("pets", 'my "pets"', list(entries(found, found.best, labels)), schema=None)


def test_what_was_found_stands_there_with_a_comment_a_key() -> None:
    text = written(explored(tried("-1-1", 0.98, labels=("no", "yes")), tried("0-1", 0.4)), "services/pets.txt")

    assert yaml.safe_load(text) == {
        "input": {"scale": "-1-1"},
        "task": {"kind": "classification", "logits": True, "labels": "services/pets.txt"},
        "service": {"replicas": 1},
        "validation": {"accuracy_floor": 0.9},
    }
    assert "accuracy: -1-1 98.0%, 0-1 40.0%" in unwrapped(text)
    lines = text.splitlines()
    keys = [place for place, line in enumerate(lines) if re.match(r"  \w+:", line)]
    assert all(lines[place - 1].startswith("  # ") for place in keys)
    assert max(map(len, lines)) <= 100


def test_what_is_still_to_say_becomes_settings_once_its_marks_are_gone() -> None:
    found = explored(tried("0-1"), tried("caffe"), undecided=("input.scale",), samples=0)
    text = written(found)

    assert yaml.safe_load(text) == {"task": {"kind": "classification", "logits": True}, "service": {"replicas": 1}}
    uncommented = re.sub(r"^# (  \w+:|\w+:$)", r"\1", text, flags=re.MULTILINE)
    assert yaml.safe_load(uncommented) == {
        "input": {"scale": "0-1"},
        "task": {"kind": "classification", "logits": True},
        "service": {"replicas": 1},
        "validation": {"accuracy_floor": 0.9},
    }
    assert found.best is not None
    assert still_to_say(found, found.best) == ["input.scale", "validation (what is good enough)"]


def test_a_choice_has_what_the_model_tells_too_and_says_that_there_is_more() -> None:
    """Of its first output the model tells the task, so nothing is to be said of it; the other is asked about."""
    outputs = tuple(Tensor(name=name, dtype="float32", shape=(None, 3)) for name in "abcde")
    inspection = Inspection(signatures=(Signature(key="serving_default", inputs=(PIXELS,), outputs=outputs),))
    told = tried("0-1", task={"output": "a"})
    asked = tried("0-1", task={"output": "b", "kind": "multilabel", "logits": True})
    undecided = ("task.kind", "task.logits", "task.output")
    text = written(explored(told, asked, undecided=undecided, samples=0).model_copy(update={"inspection": inspection}))

    assert "One of: classification, multilabel." in unwrapped(text)
    assert "One of: a, b, …." in unwrapped(text)
    uncommented = yaml.safe_load(re.sub(r"^# (  \w+:|\w+:$)", r"\1", text, flags=re.MULTILINE))
    assert uncommented["task"] == {"kind": "classification", "logits": False, "output": "a"}


def test_a_measurement_that_says_nothing_is_no_threshold() -> None:
    found = explored(tried("0-1", 0.34))
    assert "validation" not in yaml.safe_load(written(found))
    assert found.best is not None
    assert "better than one answer for all" in " ".join(notes(found, found.best))


def test_samples_of_one_label_alone_are_no_fault_of_the_settings() -> None:
    found = explored(tried("0-1", 1.0, measured=MEASURED.model_copy(update={"value": 1.0, "useful": False})))
    assert found.best is not None
    (note,) = notes(found, found.best)
    assert "Give samples of every class" in note


def test_few_samples_lower_what_validation_asks_for_and_are_said() -> None:
    found = explored(tried("0-1", 0.98), samples=42)
    assert yaml.safe_load(written(found))["validation"] == {"accuracy_floor": 0.9, "minimum_samples": 42}
    assert found.best is not None
    assert "There are 42 samples" in " ".join(notes(found, found.best))


@pytest.mark.parametrize("target", ["local", "dev", "prod"])
def test_it_is_a_service_on_every_target(target: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "config" / "targets", tmp_path / "targets")
    (tmp_path / "services").mkdir()
    (tmp_path / "services" / "pets.yml").write_text(written(explored(tried("torch", 0.98))), encoding="utf-8")

    settings = load_settings(target, environ={"AMLGPU_CONFIG": str(tmp_path)})

    assert (settings.input.scale, settings.task.logits, settings.validation.accuracy_floor) == ("torch", True, 0.9)


def unwrapped(text: str) -> str:
    return " ".join(text.replace("#", " ").split())
