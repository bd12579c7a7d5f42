"""Tries a model out: does it load, does it answer, what do its answers tell."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import tensorflow as tf

from scoring.contract import Contract, Input, Task
from scoring.errors import StartupError
from scoring.model.decoding import decode
from steps.registration.contract import validation as data
from steps.registration.contract.findings import Probe, ScaleFit, Signature, Wishes
from steps.registration.contract.graph.hints import Hints
from steps.registration.contract.inference.answers import Evidence, infer_task
from steps.registration.contract.inference.notes import Notes
from steps.registration.contract.inference.takes import infer_input
from steps.registration.contract.opening import Answer, make_up, open_model
from steps.registration.contract.probing import Given, probe
from steps.registration.contract.scales import COUNT, try_scales

MADE_UP = {"jpeg": "a made-up JPEG", "image": "a made-up JPEG", "text": "a made-up text", "tensors": "made-up values"}


@dataclass(frozen=True)
class Subject:
    """A SavedModel, one of its signatures, and what is known beside."""

    saved_model: Path
    signature: Signature
    hints: Hints
    wishes: Wishes
    labels: Sequence[str]
    validation: Path | None


@dataclass(frozen=True)
class Tried:
    """What came of it; `answered` is False where it couldn't be asked, or failed."""

    answered: bool = False
    probe: Probe | None = None
    evidence: Evidence = field(default_factory=Evidence)
    fits: Sequence[ScaleFit] = ()


def try_model(subject: Subject, notes: Notes) -> Tried:
    """Load it, and run it on the first validation sample, or on a made-up one where its input is known."""
    labels = data.labels_of(subject.validation) if subject.validation else None
    unsettled = Notes()
    form = infer_input(subject.signature, subject.hints, subject.wishes.input, unsettled)
    # An image whose scale is still to be said is given to it as the numbers of one scale after the other.
    as_numbers = form is not None and form.kind == "image" and bool(unsettled.obstacles)
    numbers = Input(kind="tensors", tensors=subject.signature.inputs)
    contract = _contract(subject, numbers if form is None or as_numbers else form)
    try:
        answer = open_model(subject.saved_model, contract)
    except StartupError as error:
        notes.stop(
            str(error), "the SavedModel", "Copy the whole folder again if it was copied; otherwise export it anew."
        )
        return Tried(evidence=Evidence(labels=labels))
    if form is None:
        return Tried(evidence=Evidence(labels=labels))
    given = _given(subject, form, as_numbers, notes)
    found, seen = probe(answer, given, notes)
    evidence = Evidence(seen, labels)
    fits = _fits(answer, subject, form, evidence) if found and as_numbers and not _knows_scale(unsettled) else ()
    return Tried(found is not None, found, evidence, fits)


def _knows_scale(notes: Notes) -> bool:
    return any(fact.about == "input.scale" for fact in notes.facts) or any(
        obstacle.where == "input.scale" for obstacle in notes.obstacles
    )


def _contract(subject: Subject, form: Input) -> Contract:
    task = Task(kind="tensors", outputs=subject.signature.outputs)
    return Contract(signature=subject.signature.key, input=form, task=task)


def _given(subject: Subject, form: Input, as_numbers: bool, notes: Notes) -> Given:
    bodies: Sequence[bytes] = ()
    if subject.validation and form.kind in ("jpeg", "image"):
        bodies = data.first_bodies(subject.validation, _contract(subject, form), 1, notes)
    columns = [list(bodies) * 2] if bodies else make_up(form)
    if as_numbers:
        columns = [np.asarray(decode(tf.constant(columns[0]), form))]
    name = "the first validation sample" if bodies else MADE_UP[form.kind]
    return Given(columns, 2, name, bool(bodies), bool(bodies) or form.kind != "tensors")


def _fits(answer: Answer, subject: Subject, form: Input, evidence: Evidence) -> Sequence[ScaleFit]:
    task, _ = infer_task(subject.signature, subject.hints, subject.wishes.task, subject.labels, evidence, Notes())
    if task is None or subject.validation is None:
        return ()
    contract = Contract(signature=subject.signature.key, input=form, task=task)
    return try_scales(answer, contract, data.labelled(subject.validation, contract, COUNT))
