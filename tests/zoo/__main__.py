"""`python -m tests.zoo`: what `amlgpu check` finds about each model, as a table in Markdown."""

import importlib.util
import tempfile
from pathlib import Path

from steps.registration.contract.findings import Inspection
from steps.registration.contract.inspection import inspect
from steps.registration.contract.looking import look
from tests.zoo.specimen import Specimen
from tests.zoo.specimens import SPECIMENS


def main() -> None:
    print("| model | the service's file says | input | task | outcome | mend |", "|---|---|---|---|---|---|", sep="\n")
    with tempfile.TemporaryDirectory() as folder:
        for number, specimen in enumerate(SPECIMENS):
            if specimen.needs is None or importlib.util.find_spec(specimen.needs):
                print(f"| {' | '.join(_row(specimen, Path(folder, str(number))))} |", flush=True)


def _row(specimen: Specimen, folder: Path) -> list[str]:
    specimen.make(folder)
    found = (inspect if specimen.crashes else look)(folder, specimen.said, specimen.labels)
    input_, task, outcome = _contract(found, folder)
    mends = " / ".join(obstacle.mend.replace(str(folder), "DIR") for obstacle in found.obstacles)
    return [specimen.name, _said(specimen), input_, task, outcome, mends.replace("|", "\\|")]


def _said(specimen: Specimen) -> str:
    said = specimen.said.model_dump(exclude_defaults=True, mode="json")
    return ", ".join(f"{section}.{key}={value}" for section, keys in said.items() for key, value in keys.items())


def _contract(found: Inspection, folder: Path) -> tuple[str, str, str]:
    contract = found.contract
    if contract is None:
        return (
            "",
            "",
            "refused: " + "; ".join(obstacle.where.replace(str(folder), "DIR") for obstacle in found.obstacles),
        )
    scale = f" {contract.input.scale}" if contract.input.kind == "image" else ""
    logits = ", of logits" if contract.task.logits else ""
    return contract.input.kind + scale, contract.task.kind + logits, "served"


if __name__ == "__main__":
    main()
