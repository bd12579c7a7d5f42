"""Every block of docs/your-model.md, typed by somebody who has pictures of three classes."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from tests.e2e.conftest import ROOT, Machine
from tests.e2e.support.pasting import call, hints, shell
from tests.integration.scoring.web.openapi.documented import look_for_undocumented
from tests.zoo import tf_modules
from tests.zoo.images import colour

PAGE = (ROOT / "docs" / "your-model.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
CLASSES = ("cat", "dog", "fox")
PICTURES = 120
REPLICAS = 1
HOSTILE = True

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


@pytest.fixture(scope="module")
def folder(machine: Machine) -> Path:
    """Pictures, the exported models, and the settings."""
    for number in range(PICTURES):
        place = machine.folder / "pets" / CLASSES[number % 3]
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}.jpg").write_bytes(colour(number % 3, number))
    for part in ("targets", "services"):
        shutil.copytree(ROOT / "config" / part, machine.folder / "config" / part)
    tf_modules.fixed_batch(machine.folder / "theirs")
    for recipe in blocks("python"):
        if "tf_keras" not in recipe:
            export(recipe, machine.folder)
    return machine.folder


def export(recipe: str, folder: Path, packages: Path | None = None) -> None:
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONPATH": str(packages or "")}
    run([sys.executable, "-P", "-c", recipe], cwd=folder, env=environment)


def run(command: list[str], **options: Any) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert ended.returncode == 0, ended.stderr


def test_the_commands_succeed_in_their_order(machine: Machine, folder: Path, tmp_path: Path) -> None:
    commands = [shlex.split(line) for block in blocks("sh") for line in block.splitlines()]
    assert [verb for _, verb, *_ in commands] == ["init", "predict", "run", "query", "check"]
    made, predicted, released, asked, looked = (
        machine.succeed(*arguments, "--config", folder / "config") for _, *arguments in commands
    )
    assert_files_are_the_pages(folder)
    options = f"--target local --service pets --config {folder / 'config'}"
    assert f" run {options} --model export --validation-data pets\n" in made
    assert "fox" in predicted
    assert "pets:1" in asked
    assert "fox" in asked
    assert "classification (3 classes) of image" in looked
    query, stop = hints(released)
    assert call(machine, released)["label"] in shell(machine, query)
    status = machine.succeed("status", "--service", "pets", "--config", folder / "config")
    assert call(machine, released) == call(machine, status)
    assert call(machine, status)["label"] in CLASSES
    settings = ("--service", "pets", "--config", str(folder / "config"))
    uri, key = machine.json("status", *settings)["service"]["scoring_uri"], machine.json("key", *settings)["key"]
    look_for_undocumented(uri.removesuffix("/score"), tmp_path, examples=5, seed=20, key=key)
    assert_a_new_key_is_the_only_one(machine, settings, uri, key)
    shell(machine, stop)
    assert machine.processes() == []


def assert_a_new_key_is_the_only_one(machine: Machine, settings: tuple[str, ...], uri: str, old: str) -> None:
    refused = machine.amlgpu("key", "--rotate", *settings)
    assert (refused.returncode, refused.stdout) == (2, "")
    new = machine.succeed("key", "--rotate", "--yes", *settings).strip()
    other = machine.succeed("key", "--secondary", *settings).strip()
    statuses = [
        requests.post(uri, headers={"Authorization": f"Bearer {key}"}, timeout=60).status_code
        for key in (old, new, other)
    ]
    assert statuses == [401, 400, 400]  # the body is empty


def assert_files_are_the_pages(folder: Path) -> None:
    """What `amlgpu init` wrote says what the page shows; a floor is as good as the training was."""
    (settings,), (names,) = blocks("yaml"), blocks("text")
    first, _, shown = settings.partition("\n")
    written = yaml.safe_load((folder / first.removeprefix("# ")).read_text(encoding="utf-8"))
    expected = yaml.safe_load(shown)
    assert {name: written[name] for name in ("input", "task")} == {name: expected[name] for name in ("input", "task")}
    assert written["validation"].keys() == expected["validation"].keys()
    first, _, shown = names.partition("\n")
    assert (folder / first.removeprefix("# ")).read_text(encoding="utf-8") == shown


def test_what_nothing_tells_is_asked_for_with_what_fits_best(machine: Machine, folder: Path) -> None:
    (folder / "config" / "services" / "empty.yml").touch()
    ended = machine.amlgpu(
        "check", "--model", "export", "--validation-data", "pets", "--config", folder / "config", "--service", "empty"
    )
    assert ended.returncode == 3
    assert '{scale: "0-1"}' in " ".join(ended.stdout.split())


@pytest.mark.parametrize("model", ["export-module", "export-batched"])
def test_the_other_recipes_need_nothing_written_down(machine: Machine, folder: Path, model: str) -> None:
    assert_served_as_it_is(machine, folder, model)


@pytest.mark.soak
def test_the_recipe_of_tf_keras(machine: Machine, folder: Path, tmp_path: Path) -> None:
    """Without its dependencies: it asks for the TensorFlow that has CUDA, where the project's has none."""
    (recipe,) = (recipe for recipe in blocks("python") if "tf_keras" in recipe)
    run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(tmp_path), "tf-keras==2.21.*"])
    export(recipe, folder, tmp_path)
    assert_served_as_it_is(machine, folder, "export-tf-keras")


def assert_served_as_it_is(machine: Machine, folder: Path, model: str) -> None:
    (folder / "config" / "services" / "empty.yml").touch()
    shown = machine.succeed("check", "--model", model, "--config", folder / "config", "--service", "empty")
    assert "can be served: classification (3 classes)" in shown
