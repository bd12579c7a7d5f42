"""Every model of the zoo, looked at in this process."""

import importlib.util
from pathlib import Path

import pytest

from config.settings import Validation
from scoring.contract import Contract
from steps.registration.agreement import agrees
from steps.registration.contract.findings import Inspection
from steps.registration.contract.looking import look
from steps.validation.parity import original_answers
from steps.validation.samples.loading import load
from steps.validation.tasks import judge_of
from tests.zoo.specimen import Refused, Served, Specimen
from tests.zoo.specimens import SPECIMENS

CLOSE = 0.05  # of values from 0 to 1, or of whole ones


@pytest.mark.parametrize(
    "specimen", [one for one in SPECIMENS if not one.crashes], ids=lambda specimen: str(specimen.name)
)
def test_what_is_found_out_about_a_model(specimen: Specimen, tmp_path: Path) -> None:
    if specimen.needs and importlib.util.find_spec(specimen.needs) is None:
        pytest.skip(f"{specimen.needs} isn't installed, which the project doesn't depend on")
    folder = tmp_path / "model"
    specimen.make(folder)

    samples = specimen.data(tmp_path / "samples", 12) if specimen.data else None

    found = look(folder, specimen.said, specimen.labels, samples)

    if isinstance(specimen.outcome, Served):
        assert not found.obstacles
        assert found.contract is not None
        assert agrees(found, specimen.said, specimen.labels)
        assert_served(specimen.outcome, found.contract, found.classes)
        if samples:
            assert_right(folder, found.contract, samples)
    else:
        assert found.contract is None
        assert_refused(specimen.outcome, found, folder)


def assert_served(expected: Served, contract: Contract, classes: int | None) -> None:
    task = contract.task
    assert (contract.input.kind, contract.input.scale) == (expected.input, expected.scale)
    assert (task.kind, task.logits, classes) == (expected.task, expected.logits, expected.classes)
    assert expected.output in (None, task.outputs[0].name)


def assert_right(model: Path, contract: Contract, folder: Path) -> None:
    """As the service would answer by this contract, and validation judge it."""
    samples = load(folder, contract, 0)
    answers = original_answers(model, contract, [sample.body for sample in samples])
    judge = judge_of(contract, Validation())
    scored = [judge.score(sample.name, sample.truth, answer) for sample, answer in zip(samples, answers, strict=True)]
    assert all(one.answered for one in scored)
    if contract.task.kind == "regression":
        assert judge.metrics(scored)["mae"] < CLOSE
    else:
        assert judge.metrics(scored)[judge.share] == 1.0


def assert_refused(expected: Refused, found: Inspection, folder: Path) -> None:
    places = [obstacle.where.replace(str(folder), "DIR") for obstacle in found.obstacles]
    assert len(places) == len(expected.where), found.obstacles
    assert all(place.startswith(where) for place, where in zip(places, expected.where, strict=True)), places
    assert expected.mend in found.obstacles[0].mend.replace(str(folder), "DIR")
