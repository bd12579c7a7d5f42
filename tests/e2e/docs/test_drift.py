"""Every command of docs/monitoring.md, in its order, and then clients that send something else."""

import csv
import json
import re
import shlex
import shutil
from datetime import datetime, timezone
from pathlib import Path

import pytest

from pipelines.sample_model import Sample
from tests.e2e.conftest import ROOT, Machine

PAGE = (ROOT / "docs" / "monitoring.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [shlex.split(line, comments=True) for block in BLOCKS for line in block.splitlines()]
NO_DRIFT, DRIFT, UNDECIDED = 0, 10, 11

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]  # workflows/ asks the same of the verb

REPLICAS = 2


def words_here(machine: Machine, words: list[str]) -> list[str]:
    """The page's words as a shell in the machine's folder would pass them on."""
    words = [word.replace("$PWD", str(machine.folder)) for word in words]
    matches = {word: sorted(map(str, machine.folder.glob(word))) for word in words if "*" in word}
    return [one for word in words for one in matches.get(word, [word])]


def test_the_commands_of_the_page_succeed_in_their_order(machine: Machine, sample: Sample) -> None:
    shutil.copytree(sample.model.parent, machine.folder / "sample")
    assert len(COMMANDS) == 6
    run, *others = COMMANDS
    # Whoever reads the page has released the model before, which a run without one would take again.
    run = [*run, "--model", "sample/model", "--validation-data", "sample/validation"]
    ended = [machine.amlgpu(*words_here(machine, words)) for _, *words in (run, *others)]
    codes = [one.returncode for one in ended]
    assert codes == [0, 0, NO_DRIFT, NO_DRIFT, UNDECIDED, UNDECIDED], [one.stdout + one.stderr for one in ended]
    assert "no drift" in ended[2].stdout
    assert (machine.state / "drift.svg").is_file()


def test_other_images_are_drift_from_the_validation_of_what_serves(machine: Machine) -> None:
    start = datetime.now(timezone.utc).isoformat()
    validation = machine.folder / "sample" / "validation"
    with (validation / "labels.csv").open(newline="") as file:
        threes = [validation / row["file"] for row in csv.DictReader(file) if row["label"] == "3"]
    machine.succeed("query", *[threes[number % len(threes)] for number in range(110)])

    ended = machine.amlgpu("drift", machine.folder / "samples", "--period", f"{start}..", "--json")

    assert ended.returncode == DRIFT, ended.stdout + ended.stderr
    found = json.loads(ended.stdout)
    assert found["period"]["samples"] == 110
    assert found["period"]["models"] == {found["baseline"]["validation_of"]: 110}
    assert found["classes"][0]["class"] == 3
    assert found["tests"][0]["outcome"] == "drift"


def test_no_sample_holds_an_image_or_is_of_validation(machine: Machine) -> None:
    files = list(Path(machine.folder / "samples").glob("*.jsonl"))
    assert len(files) == REPLICAS, "one for each replica"
    samples = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert not any("image" in sample for sample in samples)
    with (machine.folder / "sample" / "validation" / "labels.csv").open() as file:
        images = len(file.readlines()) - 1
    assert images + 110 < len(samples) < 2 * images + 110, "those of the queries and of the smoke test"
