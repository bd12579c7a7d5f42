"""Models of the zoo, tried in this process without a word of what they are."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.scaffold.notes import notes
from steps.registration.contract.exploration.exploring import explore
from tests.zoo import data, keras_models, tf_modules
from tests.zoo.specimens import specimen

SAMPLES = 30


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("minus one to one", {"input.scale": "-1-1"}),
        ("logits", {"input.scale": "0-1", "task.kind": "classification", "task.logits": True}),
        ("jpeg logits", {"task.kind": "classification", "task.logits": True}),
        ("jpeg regression", {"task.kind": "regression"}),
        ("two tables", {"task.kind": "regression"}),
        ("keras text", {}),
        ("named tensors", {"task.kind": "tensors"}),
        ("other signature", {"input.signature": "classify"}),
    ],
)
def test_what_the_model_does_not_tell_its_samples_do(name: str, said: dict[str, Any], tmp_path: Path) -> None:
    one = specimen(name)
    assert one.data is not None
    one.make(tmp_path / "model")

    found = explore(tmp_path / "model", (), one.data(tmp_path / "samples", SAMPLES))

    assert found.best is not None
    assert found.best.measured is not None
    assert found.best.said == said
    assert found.best.measured.useful
    assert found.best.measured.samples == found.samples == SAMPLES
    # The same as a release with these settings would go by.
    assert found.inspection.contract == found.best.contract


def test_scales_that_the_samples_cannot_tell_apart_are_named(tmp_path: Path) -> None:
    keras_models.softmax(tmp_path / "model")

    found = explore(tmp_path / "model", (), data.colours(tmp_path / "samples", SAMPLES))

    assert [one.said["input.scale"] for one in found.tries if one.as_good] == ["-1-1", "0-255", "torch"]
    assert found.best is not None
    assert "-1-1 and 0-255 and torch do as well" in next(notes(found, found.best))
    one_less = found.model_copy(update={"tries": found.tries[:2]})
    assert "is written, -1-1 does as well" in next(notes(one_less, found.best))
    keras_models.minus_one_to_one(tmp_path / "other")
    found = explore(tmp_path / "other", (), data.dark_to_bright(tmp_path / "greys", SAMPLES))
    assert not any(one.as_good for one in found.tries)


@pytest.mark.parametrize("write", [data.colour_folders, data.named_colours])
def test_the_order_of_the_names_is_found_and_said(write: data.Write, tmp_path: Path) -> None:
    keras_models.rescaling(tmp_path / "model")
    samples = write(tmp_path / "samples", SAMPLES)

    best = explore(tmp_path / "model", (), samples).best
    told = explore(tmp_path / "model", ("red", "green", "blue"), samples).best
    tried_wrongly = explore(tmp_path / "model", ("blue", "green", "red"), samples)
    told_wrongly = tried_wrongly.best

    assert best is not None
    assert told is not None
    assert told_wrongly is not None
    assert (told_wrongly.labels, told_wrongly.order_found) == (("blue", "green", "red"), False)
    (note,) = [one for one in notes(tried_wrongly, told_wrongly) if one.startswith("Another order")]
    assert "Another order of the names answers 100.0%: red, green, blue" in note
    assert told.reordered is None
    assert best.labels == told.labels == ("red", "green", "blue")
    assert (best.order_found, told.order_found) == (True, False)


def test_an_image_that_cannot_be_decoded_is_no_wrong_answer_but_a_problem_of_the_data(tmp_path: Path) -> None:
    keras_models.softmax(tmp_path / "model")
    samples = data.colours(tmp_path / "samples", SAMPLES)
    (samples / "4.jpg").write_bytes((samples / "4.jpg").read_bytes()[:-200])
    image = (samples / "5.jpg").read_bytes()
    (samples / "5.jpg").write_bytes(image[: len(image) // 2] + image[-2:])  # its end is there

    found = explore(tmp_path / "model", (), samples)

    assert found.best is not None
    assert found.best.measured is not None
    assert (found.best.measured.value, found.best.measured.samples) == (1.0, SAMPLES - 2)
    told = [line for obstacle in found.inspection.obstacles for line in obstacle.what.splitlines()]
    assert [line.partition(",")[0] for line in told] == [f"samples/{n}.jpg: can't be decoded" for n in (4, 5)]
    assert found.inspection.contract is None


def test_a_model_that_knows_nothing_of_its_samples_is_not_useful(tmp_path: Path) -> None:
    tf_modules.jpeg(tmp_path / "model")
    samples = data.colours(tmp_path / "samples", SAMPLES)
    rows = [["file", "label"], *([f"{number}.jpg", str((number // 3) % 3)] for number in range(SAMPLES))]
    with (samples / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)

    best = explore(tmp_path / "model", (), samples).best

    assert best is not None
    assert best.measured is not None
    assert not best.measured.useful


def test_without_samples_the_open_questions_are_the_keys_that_could_be_several(tmp_path: Path) -> None:
    keras_models.logits(tmp_path / "model")

    found = explore(tmp_path / "model")

    assert found.undecided == ("input.scale", "task.kind", "task.logits")
    assert {one.said["task.kind"] for one in found.tries} == {"classification", "multilabel", "regression", "tensors"}


@pytest.mark.parametrize("name", ["fixed batch", "examples", "saved, not exported", "not finite"])
def test_what_no_settings_make_servable_is_refused_as_check_does(name: str, tmp_path: Path) -> None:
    specimen(name).make(tmp_path / "model")
    found = explore(tmp_path / "model")
    assert found.inspection.obstacles
    assert not found.undecided


def test_names_of_another_number_of_classes_make_it_no_other_task(tmp_path: Path) -> None:
    keras_models.logits(tmp_path / "model")

    found = explore(tmp_path / "model", ("cat", "dog"), data.colours(tmp_path / "samples", SAMPLES))

    assert found.tries == ()
    assert any("names 2 classes, the model has 3" in each.what for each in found.inspection.obstacles)


def test_samples_that_the_model_cannot_be_asked_about_are_obstacles(tmp_path: Path) -> None:
    keras_models.logits(tmp_path / "model")
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "samples.jsonl").write_text(json.dumps({"input": "a text", "label": 0}), encoding="utf-8")

    found = explore(tmp_path / "model", (), tmp_path / "samples")

    assert found.inspection.contract is None
    assert any(obstacle.where == "the validation data" for obstacle in found.inspection.obstacles)
