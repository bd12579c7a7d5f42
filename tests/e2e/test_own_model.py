"""The README's path for a model of one's own, right after the sample: refused where it can't be, released beside it."""

import csv
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from config.errors import ModelError
from pipelines.sample_model import Sample
from tests.e2e.conftest import ROOT, Machine
from tests.e2e.support import own_model
from tests.e2e.support.answers import right_answers
from tests.e2e.support.environments import audited
from tests.e2e.support.own_model import OwnModel
from tests.e2e.support.pasting import shell
from tests.zoo.specimens import specimen

pytestmark = pytest.mark.slow

REPLICAS = 1
AUTH_MODE = "identity"
"""All files and leases go as whoever is signed in, here and in the steps."""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> OwnModel:
    """A Keras export of three classes that have names."""
    return own_model.write(specimen("softmax, labels"), tmp_path_factory.mktemp("own") / "it", "colours")


def test_as_the_sample_it_is_refused_with_all_that_is_wrong_before_anything_is_sent(
    machine: Machine, release: dict[str, Any], own: OwnModel, sample: Sample
) -> None:
    model = own.choice[:2]
    for verb in ("run", "plan"):
        refused = machine.amlgpu(verb, *model, "--validation-data", sample.validation, "--service", "digits")

        assert refused.returncode == ModelError.exit_code, refused.stdout + refused.stderr
        assert "2 things stand in the way:" in refused.stderr
        assert "the model has 3 classes, 0 to 2" in refused.stderr
        assert "the service digits serves digits:1, which answers something else than this model" in refused.stderr
        assert "its number of classes is 10, not 3" in " ".join(refused.stderr.split())
        assert "--service" in refused.stderr
    sent = [request["path"] for request in machine.requests() if "/amlgpu/models/" in request["path"]]
    assert {path.split("/amlgpu/models/")[1].split("/")[0] for path in sent} == {release["candidate"]["content_hash"]}


def test_with_a_service_file_of_its_own_it_is_released_beside_the_sample(
    machine: Machine, release: dict[str, Any], own: OwnModel, sample: Sample
) -> None:
    before = machine.json("status", "--service", "digits")["service"]

    report = own.release(machine)

    assert (report["verdict"]["status"], report["candidate"]["source"]) == ("BLESSED", own.choice[1])
    assert report["deployment"]["service_name"] == "colours"
    assert machine.json("status", "--service", "digits")["service"] == before
    assert right_answers(machine, sample, count=2) == 2
    names = [f"{number}.jpg" for number in range(3)]
    truths = labels_of(own.folder / "samples")
    said = own_model.answers(machine, own, names)
    assert [answer["label"] for answer in said] == [truths[name] for name in names]
    for name, answer in zip(names, said, strict=True):
        assert answer["probabilities"] == pytest.approx(asked_itself(own, name), abs=1e-4)
    assert machine.json("plan", *own.choice, *own.options)["changes"] is False


def test_the_page_about_calling(machine: Machine, release: dict[str, Any], sample: Sample) -> None:
    shutil.copytree(sample.model.parent, machine.folder / "sample")
    team = machine.folder / "team"
    for kind in ("targets", "services"):
        shutil.copytree(ROOT / "config" / kind, team / kind)
    (team / "services" / "another.yml").write_text("service: {replicas: 1}\n")
    page = (ROOT / "docs" / "calling.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```(sh|python)\n(.*?)```", page, re.DOTALL)
    assert [kind for kind, _ in blocks] == ["sh", "sh", "sh", "python", "sh"]
    typed = [text if kind == "sh" else f"python3 - <<'END'\n{text}END\n" for kind, text in blocks]

    printed = shell(machine, "\n".join((f'PATH="{audited()}:$PATH"', "export AMLGPU_CONFIG=team", *typed)))

    answer, rest = json.JSONDecoder().raw_decode(printed)
    said, _, document = printed[rest:].partition("\n")
    assert int(said) == answer["class"] == labels_of(sample.validation, int)["digit-0000.jpg"]
    assert json.loads(document)["paths"].keys() == {
        f"/api/v1/service/digits/{end}" for end in ("score", "swagger.json")
    }


def labels_of(folder: Path, kind: Callable[[str], Any] = str) -> dict[str, Any]:
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        return {row["file"]: kind(row["label"]) for row in csv.DictReader(file)}


def asked_itself(own: OwnModel, name: str) -> list[float]:
    """What the SavedModel answers in TensorFlow."""
    serve = tf.saved_model.load(str(own.folder / "export")).signatures["serving_default"]
    (key, spec), *_ = serve.structured_input_signature[1].items()
    image = tf.io.decode_image((own.folder / "samples" / name).read_bytes(), channels=3, expand_animations=False)
    sized = tf.image.resize(image, spec.shape[1:3])[None]
    (answer,) = serve(**{key: tf.cast(sized, spec.dtype)}).values()
    return [float(value) for value in answer.numpy()[0]]
