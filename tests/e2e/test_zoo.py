"""One right model of each kind of input and of task, released; its answers against the SavedModel's own."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import yaml

from steps.validation.samples.bodies import request_of
from tests.e2e.conftest import ROOT, Machine
from tests.e2e.support.pasting import call, hints, shell
from tests.zoo.specimen import Served, Specimen
from tests.zoo.specimens import released

SAMPLES = 100
ASKED = 5
REPLICAS = 1
IN_MAKE_TEST = ("keras text",)
"""The rest is in `make soak`; images are released by docs/test_your_model.py, and by nearly every other test."""
THRESHOLDS: dict[str, dict[str, float]] = {"regression": {"mae_ceiling": 0.05}}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.mark.parametrize(
    "specimen",
    [pytest.param(one, id=one.name, marks=() if one.name in IN_MAKE_TEST else pytest.mark.soak) for one in released()],
)
def test_released_and_asked(machine: Machine, specimen: Specimen, tmp_path: Path) -> None:
    assert isinstance(specimen.outcome, Served)
    assert specimen.data is not None
    service = specimen.name.replace(" ", "-")
    specimen.make(tmp_path / "model")
    samples = specimen.data(tmp_path / "samples", SAMPLES)
    config = settings(tmp_path / "settings", service, specimen)
    options = ("--service", service, "--config", config)
    printed = machine.succeed("run", *options, "--model", tmp_path / "model", "--validation-data", samples)
    files = asked_files(samples, tmp_path)
    answers = machine.json("query", *options, *files)
    own = own_answers(tmp_path / "model", specimen, files)
    for answer, expected in zip(answers, own, strict=True):
        assert_same(answer["body"], expected, specimen.outcome)
    query, _ = hints(printed)
    for placeholder in (word for word in query.split() if word.startswith(("ROW", "TEXT"))):  # an image is there
        shutil.copy(files[0], machine.folder / placeholder)
    assert shell(machine, query)
    pasted = call(machine, printed)
    assert len(pasted.get("predictions", [pasted])) == 1


def settings(folder: Path, service: str, specimen: Specimen) -> Path:
    assert isinstance(specimen.outcome, Served)
    said = specimen.said.model_dump(exclude_defaults=True, mode="json")
    validation = THRESHOLDS.get(specimen.outcome.task, {"accuracy_floor": 0.9})
    (folder / "services").mkdir(parents=True)
    (folder / "targets").symlink_to(ROOT / "config" / "targets")
    (folder / "services" / f"{service}.yml").write_text(yaml.safe_dump(said | {"validation": validation}))
    return folder


def asked_files(samples: Path, folder: Path) -> list[Path]:
    """Images of the samples, or rows of them as files."""
    images = sorted(samples.glob("*.jpg"))[:ASKED]
    if images:
        return images
    lines = (samples / "samples.jsonl").read_text(encoding="utf-8").splitlines()[:ASKED]
    files = [folder / f"{number}.json" for number in range(len(lines))]
    for file, line in zip(files, lines, strict=True):
        file.write_bytes(request_of(json.loads(line)["input"]))
    return files


def own_answers(model: Path, specimen: Specimen, files: list[Path]) -> list[dict[str, Any]]:
    """The outputs of the SavedModel's signature by name, asked by TensorFlow alone."""
    loaded = tf.saved_model.load(str(model))
    serve = loaded.signatures[specimen.said.input.signature]
    answers = []
    for file in files:
        outputs = serve(**inputs_of(serve, specimen, file))
        answers.append({name: output.numpy()[0] for name, output in outputs.items()})
    return answers


def inputs_of(serve: Any, specimen: Specimen, file: Path) -> dict[str, Any]:
    specs = serve.structured_input_signature[1]
    if file.suffix == ".json":
        row = json.loads(file.read_bytes())["instances"][0]
        rows = row if isinstance(row, dict) else {next(iter(specs)): row}
        return {
            name: tf.reshape(tf.constant(rows[name], spec.dtype), [1, *spec.shape[1:]]) for name, spec in specs.items()
        }
    ((name, spec),) = specs.items()
    if spec.dtype == tf.string:
        return {name: tf.constant([file.read_bytes()])}
    pixels = tf.image.resize(tf.io.decode_jpeg(file.read_bytes(), channels=spec.shape[3]), spec.shape[1:3])
    assert specimen.said.input.scale == "0-1"
    return {name: tf.cast(pixels[None] / 255, spec.dtype)}


def one_row(value: Any, spec: Any) -> Any:
    return tf.reshape(tf.constant(value, spec.dtype), [1, *spec.shape[1:]])


def assert_same(body: dict[str, Any], own: dict[str, Any], outcome: Served) -> None:
    near: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-5}
    only = next(iter(own.values()))
    match outcome.task:
        case "classification":
            assert body["class"] == int(own["probabilities"].argmax())
            np.testing.assert_allclose(body["probabilities"], own["probabilities"], **near)
        case "multilabel":
            assert body["classes"] == np.flatnonzero(only >= 0.5).tolist()
            np.testing.assert_allclose(body["probabilities"], only[body["classes"]], **near)
        case "binary":
            assert body["class"] == int(only[0] >= 0.5)
            np.testing.assert_allclose(body["probability"], only[0], **near)
        case "regression":
            np.testing.assert_allclose(body["value"], only[0], **near)
        case "tensors":
            assert body.keys() == own.keys()
            for name, value in body.items():
                np.testing.assert_allclose(value, own[name], **near)
        case other:
            pytest.fail(f"no comparison for {other}")
