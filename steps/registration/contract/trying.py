"""Tries a model out: does it load, does it answer, what do its answers tell."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import tensorflow as tf

from scoring.contract import Contract, Input, Task
from scoring.errors import StartupError
from scoring.inputs.reader import IMAGES
from scoring.model.decoding import decode
from scoring.model.signature import output_names
from scoring.tasks import READINGS
from steps.registration.contract import validation as data
from steps.registration.contract.findings import ScaleFit, Signature, Wishes
from steps.registration.contract.graph.hints import Hints
from steps.registration.contract.independence import check_independence
from steps.registration.contract.inference.answers import Evidence, infer_task
from steps.registration.contract.inference.notes import Notes
from steps.registration.contract.inference.takes import infer_input
from steps.registration.contract.opening import Answer, Given, open_model, questions
from steps.registration.contract.probing import Answered, probe
from steps.registration.contract.scales import try_scales
from steps.validation.samples.contents import Contents

TENSORFLOWS = "can't be loaded"
COPY_OR_EXPORT = "Copy the whole folder again if it was copied; else export it anew."


@dataclass(frozen=True)
class Subject:
    """A SavedModel, one of its signatures, and what is known beside."""

    saved_model: Path
    signature: Signature
    hints: Hints
    wishes: Wishes
    labels: Sequence[str]
    validation: Contents | None


@dataclass(frozen=True)
class Tried:
    """What came of it."""

    answered: Answered | None = None
    evidence: Evidence = field(default_factory=Evidence)
    fits: Sequence[ScaleFit] = ()


def try_model(subject: Subject, notes: Notes) -> Tried:
    """Load it, and run it on the first validation sample, or on a made-up one where its input is known."""
    evidence = Evidence(labels=data.labels_of(subject.validation) if subject.validation else None)
    unsettled = Notes()
    form = infer_input(subject.signature, subject.hints, subject.wishes.input, unsettled)
    # An image whose scale is still to be said is given to it as the numbers of one scale after the other.
    as_numbers = form is not None and form.kind == "image" and bool(unsettled.obstacles)
    numbers = Input(kind="tensors", tensors=subject.signature.inputs)
    try:
        answer = open_model(subject.saved_model, _draft(subject, numbers if form is None or as_numbers else form))
        answered = probe(answer, _questions(subject, form, as_numbers, notes), notes) if form else None
    except StartupError as error:
        _stop(error, "the SavedModel", COPY_OR_EXPORT, notes)
        return Tried(evidence=evidence)
    if form is None or answered is None:
        return Tried(evidence=evidence)
    if not notes.obstacles:
        images = form.kind in IMAGES and not as_numbers
        coarse = subject.hints.coarse
        check_independence(answer, answered.asked, answered.arrays, notes, images=images, coarse=coarse)
    evidence = Evidence(answered.seen, evidence.labels)
    fits = _fits(answer, subject, form, evidence) if as_numbers and not _knows_scale(unsettled) else ()
    return Tried(answered, evidence, fits)


def check_reading(contract: Contract, answered: Answered, notes: Notes) -> None:
    """What the service would refuse at its start: outputs that aren't what the task says."""
    arrays = [answered.arrays[name] for name in output_names(contract)]
    try:
        READINGS[contract.task.kind].check(contract.task, arrays)
    except StartupError as error:
        _stop(error, f"output {contract.task.outputs[0].name}", "Mend the export, or say another task.kind.", notes)


def _stop(error: StartupError, where: str, otherwise: str, notes: Notes) -> None:
    """What the service says, whose mend, where it has one, follows the last colon; not so TensorFlow's own words."""
    what, colon, mend = str(error).rpartition(": ")
    if colon and mend[:1].islower() and not what.endswith(TENSORFLOWS):
        notes.stop(f"{what}.", where, mend[0].upper() + mend[1:])
    else:
        notes.stop(str(error), where, otherwise)


def _draft(subject: Subject, form: Input) -> Contract:
    task = Task(kind="tensors", outputs=subject.signature.outputs)
    return Contract(signature=subject.signature.key, input=form, task=task)


def _questions(subject: Subject, form: Input, as_numbers: bool, notes: Notes) -> Iterator[Given]:
    contract, own = _draft(subject, form), None
    if subject.validation:
        own = data.first_request(subject.validation, contract, notes)
    for given in questions(contract, own, notes):
        numbers = [np.asarray(decode(tf.constant(given.columns[0]), form))] if as_numbers else given.columns
        yield replace(given, columns=numbers)


def _knows_scale(notes: Notes) -> bool:
    said = any(obstacle.where == "input.scale" for obstacle in notes.obstacles)
    return said or any(fact.about == "input.scale" for fact in notes.facts)


def _fits(answer: Answer, subject: Subject, form: Input, evidence: Evidence) -> Sequence[ScaleFit]:
    task, _ = infer_task(subject.signature, subject.hints, subject.wishes.task, subject.labels, evidence, Notes())
    if task is None or subject.validation is None:
        return ()
    contract = Contract(signature=subject.signature.key, input=form, task=task)
    return try_scales(answer, contract, data.labelled(subject.validation, contract, data.COUNT))
