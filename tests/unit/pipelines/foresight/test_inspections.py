"""What is foreseen of a model is what the step that registers it finds."""

from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from config.errors import ConfigError, ModelError
from config.settings import load_settings
from pipelines.foresight.inspections import inspect_ahead, inspection_of
from steps.registration.saved_model import content_hash
from steps.registration.wanted import read_wanted
from tests.zoo import data, tf_modules

SETTINGS = load_settings("local", environ={})


def test_validation_data_tells_of_a_model_what_it_tells_the_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The made-up row is answered by two numbers that sum to 1, the user's own isn't."""

    def serve(x: Any) -> dict[str, Any]:
        return {"y": tf.stack([x[:, 0], 1 - x[:, 0]], axis=1)}

    monkeypatch.setenv("AMLGPU_HOME", str(tmp_path / "home"))
    folder, samples = tmp_path / "model", data.rows(tmp_path / "samples", 2)
    tf_modules.save(folder, serve, tf.TensorSpec([None, 4], name="x"))
    digest = content_hash(folder)

    made_up = inspection_of(folder, digest, SETTINGS, None)
    own = inspection_of(folder, digest, SETTINGS, samples)

    assert made_up.contract is not None
    assert made_up.contract == read_wanted(folder, SETTINGS, "model", None).contract
    with pytest.raises(ModelError, match="Nothing tells what its values mean") as refused:
        read_wanted(folder, SETTINGS, "model", samples)
    assert str(own.refusal(Path("model"))) == str(refused.value)


def test_what_is_wrong_with_the_samples_says_nothing_of_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMLGPU_HOME", str(tmp_path / "home"))
    folder, samples = tmp_path / "model", data.colours(tmp_path / "samples", 2)
    tf_modules.jpeg(folder)
    with (samples / "labels.csv").open("a") as file:
        file.write("nowhere.jpg,77\n")

    assert inspection_of(folder, content_hash(folder), SETTINGS, samples).contract is not None


def test_what_was_inspected_ahead_isnt_inspected_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMLGPU_HOME", str(tmp_path / "home"))
    folder = tmp_path / "model"
    tf_modules.jpeg(folder)

    inspect_ahead(folder, SETTINGS, None)()
    monkeypatch.setattr("pipelines.foresight.inspections.inspect", None)

    assert inspection_of(folder, content_hash(folder), SETTINGS, None).contract is not None


def test_a_kept_inspection_without_a_contract_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMLGPU_HOME", str(tmp_path / "home"))
    folder = tmp_path / "model"
    tf_modules.jpeg(folder)
    made = inspection_of(folder, content_hash(folder), SETTINGS, None)
    (kept,) = (tmp_path / "home" / "inspections").iterdir()
    kept.write_text("{}")

    assert inspection_of(folder, content_hash(folder), SETTINGS, None).contract == made.contract


def test_what_can_not_be_inspected_ahead_is_told_when_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMLGPU_HOME", str(tmp_path / "home"))
    tf_modules.jpeg(tmp_path / "model")
    labels = SETTINGS.task.model_copy(update={"labels": "nowhere.txt"})
    settings = SETTINGS.model_copy(update={"task": labels})

    inspect_ahead(tmp_path / "model", settings, None)()

    with pytest.raises(ConfigError, match="nowhere"):
        inspection_of(tmp_path / "model", content_hash(tmp_path / "model"), settings, None)
