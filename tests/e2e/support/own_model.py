"""A model of the zoo as its owner releases it: a service file of her own, and one command."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.conftest import ROOT, Machine
from tests.zoo.specimen import Specimen

FLOORS = {
    "classification": {"accuracy_floor": 0.9},
    "binary": {"accuracy_floor": 0.9},
    "multilabel": {"accuracy_floor": 0.9},
    "regression": {"mae_ceiling": 0.1},
    "tensors": {"accuracy_floor": 0.9},
}
SAMPLES = 100


@dataclass(frozen=True)
class OwnModel:
    """Everything that its owner has, in a folder of her own."""

    service: str
    folder: Path

    @property
    def options(self) -> list[str]:
        return ["--config", str(self.folder / "config"), "--service", self.service]

    @property
    def choice(self) -> list[str]:
        return ["--model", str(self.folder / "export"), "--validation-data", str(self.folder / "samples")]

    def release(self, machine: Machine) -> dict[str, Any]:
        """The run's report."""
        report: dict[str, Any] = machine.json("run", *self.choice, *self.options)
        return report


def write(specimen: Specimen, folder: Path, service: str) -> OwnModel:
    """The export, its validation data, and a copy of this project's settings with a file for the service."""
    assert specimen.data is not None
    folder.mkdir(parents=True, exist_ok=True)
    specimen.make(folder / "export")
    specimen.data(folder / "samples", SAMPLES)
    for kind in ("targets", "services"):
        shutil.copytree(ROOT / "config" / kind, folder / "config" / kind)
    said = {name: part.model_dump(mode="json", exclude_defaults=True) for name, part in specimen.said}
    if specimen.labels:
        (folder / "config" / "labels.txt").write_text("\n".join(specimen.labels), encoding="utf-8")
        said["task"]["labels"] = "labels.txt"
    task = said["task"].get("kind") or getattr(specimen.outcome, "task", "classification")
    content = {name: part for name, part in said.items() if part} | {"validation": FLOORS[task]}
    (folder / "config" / "services" / f"{service}.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return OwnModel(service, folder)


def answers(machine: Machine, own: OwnModel, names: list[str]) -> list[dict[str, Any]]:
    """What the live service says of files of the validation data."""
    files = [own.folder / "samples" / name for name in names]
    return [json.loads(json.dumps(one["body"])) for one in machine.json("query", *files, *own.options)]
