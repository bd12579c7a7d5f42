"""Everything that is found out about a SavedModel, in this process. inspect() calls it in one of its own."""

import json
from collections.abc import Sequence
from pathlib import Path

import scoring.model.lean_tensorflow  # noqa: F401  # before TensorFlow
from scoring.contract import Contract
from scoring.errors import StartupError
from scoring.model.signature import read_meta_graph, read_signatures
from steps.registration.contract import validation as data
from steps.registration.contract.findings import Inspection, Obstacle, Signature, Wishes
from steps.registration.contract.folder import find_missing_variables, find_obstacle
from steps.registration.contract.graph.hints import has_variables, read_hints
from steps.registration.contract.inference.answers import infer_task
from steps.registration.contract.inference.notes import Notes, list_text
from steps.registration.contract.inference.takes import infer_input
from steps.registration.contract.trying import Subject, check_reading, try_model
from steps.validation.samples.contents import Contents, contents_of

MOST_TOLD = 4
GIVE_SIGNATURE = (
    "Export it with one: model.export(DIR) in Keras, tf.saved_model.save(module, DIR, signatures=module.serve) else."
)


def look(
    saved_model: Path,
    wishes: Wishes,
    labels: Sequence[str] = (),
    validation: Path | Contents | None = None,
    *,
    data_checked: bool = True,
) -> Inspection:
    """As inspect(), without its protection."""
    obstacle = find_obstacle(saved_model)
    if obstacle is not None:
        return Inspection(obstacles=(obstacle,))
    try:
        meta_graph = read_meta_graph(saved_model)
        signatures = tuple(
            Signature(key=key, inputs=signature.inputs, outputs=signature.outputs)
            for key, signature in read_signatures(saved_model).items()
        )
    except StartupError as error:
        mend = "Copy the whole folder again, or export it anew."
        return Inspection(obstacles=(Obstacle(what=str(error), where="saved_model.pb", mend=mend),))
    notes = Notes()
    signature = _choose(signatures, wishes.input.signature, notes)
    missing = find_missing_variables(saved_model) if has_variables(meta_graph) else None
    if signature is None or missing:
        return Inspection(signatures=signatures, obstacles=(*([missing] if missing else []), *notes.obstacles))
    hints = read_hints(meta_graph, signature.key)
    contents = contents_of(validation) if validation else None
    subject = Subject(saved_model, signature, hints, wishes, labels, contents)
    found = _conclude(subject, notes, data_checked)
    others = _others(signature, signatures) if found.obstacles else ()
    return found.model_copy(update={"signatures": signatures, "warnings": (*found.warnings, *others)})


def _others(chosen: Signature, signatures: Sequence[Signature]) -> Sequence[str]:
    """That there are signatures to choose instead; Keras exports the same one by two names."""
    told = [
        f"{one.key} takes {list_text(one.inputs)} (`input: {{signature: {json.dumps(one.key, ensure_ascii=False)}}}`)"
        for one in signatures
        if one.key != chosen.key and (one.inputs, one.outputs) != (chosen.inputs, chosen.outputs)
    ]
    more = ", …" if len(told) > MOST_TOLD else ""
    return [f"Other signatures may be served instead: {'; '.join(told[:MOST_TOLD])}{more}."] if told else []


def _conclude(subject: Subject, notes: Notes, data_checked: bool) -> Inspection:
    """The contract, once the model was tried; the obstacles by what causes what."""
    failing = Notes()
    tried = try_model(subject, failing)
    form = infer_input(subject.signature, subject.hints, subject.wishes.input, notes, tried.fits)
    task, count = infer_task(
        subject.signature, subject.hints, subject.wishes.task, subject.labels, tried.evidence, notes
    )
    # Where the model failed, or takes no batch, it is for that reason that nothing tells.
    batches = all(tensor.shape[:1] == (None,) for tensor in subject.signature.inputs)
    questions = [] if not batches or (failing.obstacles and tried.answered is None) else notes.questions
    obstacles = [*failing.obstacles, *notes.obstacles, *questions]
    contract = None
    if form is not None and task is not None and all(obstacle.where == data.WHERE for obstacle in obstacles):
        contract = Contract(signature=subject.signature.key, input=form, task=task)
        if tried.answered:
            check_reading(contract, tried.answered, failing)
        # A first sample that is refused is seldom the only one: what is wrong with the others is said with it.
        if subject.validation and (data_checked or obstacles):
            data.check(subject.validation, contract, failing)
        obstacles = failing.obstacles
    return Inspection(
        contract=None if obstacles else contract,
        facts=tuple(notes.facts),
        obstacles=tuple(obstacles),
        warnings=(*failing.warnings, *notes.warnings),
        classes=count,
        probe=tried.answered.probe if tried.answered else None,
        scales=tuple(tried.fits),
    )


def _choose(signatures: Sequence[Signature], key: str, notes: Notes) -> Signature | None:
    found = {signature.key: signature for signature in signatures}
    if key in found:
        notes.know("signature", key, "the usual one" if key == "serving_default" else "said in input.signature")
        return found[key]
    if not found:
        notes.stop("It has no signature, so nothing in it can be called.", "the SavedModel", GIVE_SIGNATURE)
        return None
    names = ", ".join(found)
    mend = f"Write `input: {{signature: {next(iter(found))}}}` into the service's file, or export it as {key}."
    notes.stop(f"It has no signature {key}; it has {names}.", "input.signature", mend)
    return None
