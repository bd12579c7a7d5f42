"""From a folder with a model to its own answers, by what `amlgpu init` prints: the service isn't released."""

import json
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import yaml
from typer.testing import CliRunner, Result

from config.loading import folder
from pipelines.cli.main import app
from pipelines.prediction.child import answer
from pipelines.prediction.request import Request, Wishes
from pipelines.scaffold.entries import entries
from pipelines.scaffold.notes import still_to_say
from pipelines.scaffold.service_file import service_file
from pipelines.scaffold.writing import paths_of, write
from steps.registration.contract.exploration.exploring import explore
from tests.zoo import data, keras_models, tf_modules

Amlgpu = Callable[..., Result]
ROOT = Path(__file__).resolve().parents[3]
SAMPLES = 100


@pytest.fixture
def amlgpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Amlgpu:
    """Typed in a team's folder, whose settings lie in one with a space in its name."""
    shutil.copytree(ROOT / "config" / "targets", tmp_path / "our team" / "targets")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("AMLGPU_CONFIG", "our team")
    return lambda *words: CliRunner().invoke(app, [*map(str, words)])


def own_outputs(model: str, inputs: dict[str, Any]) -> Any:
    """What TensorFlow alone says to one row."""
    serve = tf.saved_model.load(model).signatures["serving_default"]
    specs = serve.structured_input_signature[1]
    names = dict(zip(specs, inputs.values(), strict=True)) if len(inputs) == 1 else inputs
    given = {name: tf.constant([value], specs[name].dtype) for name, value in names.items()}
    ((output, *_),) = [list(serve(**given).values())]
    return output.numpy()[0]


def answer_here(model: str, samples: Path) -> tuple[str, dict[str, Any]]:
    """A sample's name and the answer about it, by what init finds and writes; in this process, which has TensorFlow."""
    found = explore(Path(model), (), samples)
    assert found.best is not None
    assert still_to_say(found, found.best) == []
    file, _ = paths_of(model, overwrite=False)
    settings = write(
        model, {file: service_file(model, model, list(entries(found, found.best, None)), schema=None)}, None
    )
    name = f"{samples}/{found.sample}"
    wishes = Wishes(input=settings.input, task=settings.task, labels=())
    (reply,) = answer(Request(folder=Path(model), called=model, wishes=wishes, files=(name,), longest=2**20)).replies
    assert isinstance(reply.body, dict)
    return name, reply.body


def test_what_is_written_is_named_from_the_current_folder(amlgpu: Amlgpu, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the project's own settings, from a folder that isn't the project's."""
    keras_models.minus_one_to_one(Path("grey"))
    monkeypatch.setattr(folder, "FOLDER", Path("our team").absolute())
    monkeypatch.delenv("AMLGPU_CONFIG")
    Path("elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    shown = amlgpu("init", "--model", "../grey")
    assert "\n  ../our team/services/grey.yml\n" in shown.output
    assert Path("../our team/services/grey.yml").is_file()


def test_a_keras_export_with_classes_of_its_own(amlgpu: Amlgpu) -> None:
    keras_models.minus_one_to_one(Path("grey 1"))
    samples = data.dark_to_bright(Path("our greys"), SAMPLES)
    names = ("dark", "middling", "bright")  # the model's order, not a sorted one
    rows = (
        (samples / "labels.csv").read_text().replace(",0", ",dark").replace(",1", ",middling").replace(",2", ",bright")
    )
    (samples / "labels.csv").write_text(rows)

    made = amlgpu("init", "--model", "grey 1", "--validation-data", samples, "--json")

    assert made.exit_code == 0, made.output
    told = json.loads(made.stdout)
    assert (told["service"], told["still_to_say"]) == ("grey-1", [])
    assert Path("our team/services/grey-1.txt").read_text().split() == list(names)
    _, _, *words = shlex.split(told["next"][0])
    asked = amlgpu("predict", *words, "--json")
    assert asked.exit_code == 0, asked.output
    assert asked.stderr == ""
    pixels = tf.image.resize(tf.io.decode_jpeg(Path(words[-1]).read_bytes(), channels=1), (16, 16))
    own = own_outputs("grey 1", {"x": pixels.numpy() / 127.5 - 1})
    (answered,) = json.loads(asked.stdout)
    np.testing.assert_allclose(answered["body"]["probabilities"], own, rtol=1e-4, atol=1e-5)
    assert answered["body"]["label"] == names[own.argmax()]


def test_a_regressor_of_two_tables_and_files_that_it_cannot_be_asked_about(amlgpu: Amlgpu) -> None:
    keras_models.two_tables(Path("houses"))
    samples = data.houses(Path("rows"), SAMPLES)
    Path("torn.json").write_text("{")

    made = amlgpu("init", "--model", "houses", "--name", "prices", "--validation-data", samples)

    assert made.exit_code == 0, made.output
    assert yaml.safe_load(Path("our team/services/prices.yml").read_text())["validation"]["mae_ceiling"] > 0
    (line,) = (line for line in made.stdout.splitlines() if " predict " in line)
    words = shlex.split(line.partition(" predict ")[2])
    asked = amlgpu("predict", *words, "torn.json", "gone.jpg")
    (row,) = (line for line in asked.stdout.splitlines() if words[-1] in line)
    assert float(row.split()[1]) == pytest.approx(own_outputs("houses", row_of(words[-1]))[0], rel=1e-5)
    refused = str(asked.exception).splitlines()
    assert refused[0] == "2 of 3 files weren't answered:"
    assert "torn.json: not what its name says" in refused[1]
    assert "gone.jpg: can't be read: No such file" in refused[2]


def test_a_text_classifier(amlgpu: Amlgpu) -> None:
    keras_models.text(Path("moods"))
    name, body = answer_here("moods", data.moods(Path("texts"), SAMPLES))
    np.testing.assert_allclose(body["probability"], own_outputs("moods", {"x": [row_of(name)]})[0], rtol=1e-4)


def test_a_jpeg_model_before_its_softmax(amlgpu: Amlgpu) -> None:
    tf_modules.jpeg_logits(Path("colours"))
    name, body = answer_here("colours", data.colours(Path("samples"), SAMPLES))
    own = tf.nn.softmax(own_outputs("colours", {"x": Path(name).read_bytes()})).numpy()
    np.testing.assert_allclose(body["probabilities"], own, rtol=1e-4, atol=1e-5)


def row_of(sample: str) -> Any:
    """The input of FILE.jsonl:LINE."""
    file, _, line = sample.rpartition(":")
    return json.loads(Path(file).read_text(encoding="utf-8").splitlines()[int(line) - 1])["input"]


def test_what_cannot_be_served_is_told_as_check_does_and_nothing_is_written(amlgpu: Amlgpu) -> None:
    tf_modules.fixed_batch(Path("fixed"))

    ended = amlgpu("init", "--model", "fixed")

    assert ended.exit_code == 3
    assert "fixed can't be served, for one reason" in ended.stdout
    assert "Nothing was written." in ended.stdout
    assert not Path("our team/services").exists()


def test_without_samples_what_is_still_to_say_is_told(amlgpu: Amlgpu) -> None:
    keras_models.logits(Path("logits"))

    made = amlgpu("init", "--model", "logits")

    assert made.exit_code == 0, made.output
    assert "input.scale, task.kind, task.logits" in " ".join(made.stdout.split())
    assert yaml.safe_load(Path("our team/services/logits.yml").read_text()) == {"service": {"replicas": 1}}
