"""What the live service should answer, and does."""

import csv
from pathlib import Path

from pipelines.sample_model import Sample
from tests.e2e.conftest import Machine


def right_answers(machine: Machine, sample: Sample, count: int) -> int:
    expected = dict(list(labels(sample.validation).items())[:count])
    answers = machine.json("query", *(sample.validation / name for name in expected))
    return sum(expected[Path(answer["file"]).name] == answer["body"]["class"] for answer in answers)


def labels(validation: Path) -> dict[str, int]:
    with (validation / "labels.csv").open(newline="") as file:
        return {row["file"]: int(row["label"]) for row in csv.DictReader(file)}
