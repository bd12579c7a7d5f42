"""What validation data tells of a model: the one place here that reads it."""

from collections.abc import Iterable, Sequence

from config.errors import ModelError
from scoring.contract import Contract
from steps.registration.contract.findings import VALIDATION_DATA, Inspection, Obstacle
from steps.registration.contract.inference.notes import Notes
from steps.validation.samples.bodies import read_bodies
from steps.validation.samples.checking import check_samples
from steps.validation.samples.contents import Contents
from steps.validation.samples.images import image_problem
from steps.validation.samples.loading import JSON_INPUTS, list_samples, load, shortened
from steps.validation.samples.sample import Sample
from steps.validation.samples.summary import Labels, summary

WHERE = VALIDATION_DATA
COUNT = 32
"""Labelled samples that tell how images were scaled: each is answered once for each scale."""
MEND = "Mend the validation data, or give another folder."


def first_request(contents: Contents, contract: Contract, notes: Notes) -> tuple[str, bytes] | None:
    """Name of the first sample and the body that asks about it; None, and an obstacle, where it can't be read."""
    try:
        names = [listed.name for listed in list_samples(contents, contract).samples[:1]]
        if broken := broken_images(contents, contract, names):
            notes.stop(broken[names[0]], WHERE, MEND)
            return None
        return next(zip(names, read_bodies(contents, names), strict=True), None)
    except ModelError as error:
        notes.stop(str(error), WHERE, MEND)
        return None


def broken_images(contents: Contents, contract: Contract, names: Iterable[str]) -> dict[str, str]:
    """What is wrong with each sample of these names whose image can't be decoded, a line that names it."""
    if contract.input.kind in JSON_INPUTS:
        return {}
    found = {name: image_problem(contents.folder / name, contents.sizes.get(name), decoded=True) for name in names}
    return {name: f"{contents.folder.name}/{name}: {problem}" for name, problem in found.items() if problem}


def labelled(contents: Contents, contract: Contract, count: int) -> Sequence[Sample]:
    """Samples with what is right for this task; none where the data doesn't tell."""
    try:
        return load(contents, contract, count)
    except ModelError:
        return ()


def check(contents: Contents, contract: Contract, notes: Notes) -> None:
    """Whether the samples suit the contract."""
    said = {line for obstacle in notes.obstacles for line in obstacle.what.splitlines()}
    problems = [problem for problem in check_samples(contents, contract) if problem not in said]
    if problems:
        notes.stop(shortened(problems), WHERE, MEND)


def with_problems(found: Inspection, problems: Iterable[str]) -> Inspection:
    """The inspection with what else was found wrong with the samples, which keeps the model from being served so."""
    said = {line for obstacle in found.obstacles for line in obstacle.what.splitlines()}
    others = [problem for problem in problems if problem not in said]
    if not others:
        return found
    obstacle = Obstacle(what=shortened(others), where=WHERE, mend=MEND)
    return found.model_copy(update={"contract": None, "obstacles": (*found.obstacles, obstacle)})


def labels_of(contents: Contents) -> Labels | None:
    """What its samples are labelled with; None where it can't be read, which check() says."""
    try:
        return summary(contents).labels
    except ModelError:
        return None
