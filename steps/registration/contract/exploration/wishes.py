"""What a service's file could say of a model where its SavedModel doesn't tell; the likeliest first."""

from collections.abc import Iterator, Mapping, Sequence

from config.sections.contract import Input, Task
from scoring.contract import Input as Form
from scoring.contract import InputKind, Scale, TaskKind
from scoring.contract import Task as Answering
from scoring.inputs.reader import IMAGES
from steps.registration.contract.findings import Signature
from steps.registration.contract.graph.hints import Hints
from steps.registration.contract.inference.answers import NAMED, Evidence, infer_task
from steps.registration.contract.inference.meanings import outputs_of
from steps.registration.contract.inference.notes import Notes
from steps.registration.contract.inference.takes import infer_input
from steps.validation.samples.summary import Labels

USUAL = "serving_default"
SCALES: tuple[Scale, ...] = ("0-1", "-1-1", "0-255", "torch", "caffe")
KINDS: tuple[InputKind, ...] = ("jpeg", "text", "tensors")
NO_CLIENT_HAS = ("example", "file")
"""Strings that can't be asked for, whatever a service's file says."""
MOST_SIGNATURES, MOST_OUTPUTS = 4, 4
TASKS: Mapping[Labels, Sequence[TaskKind]] = {
    "numbers": ("classification", "binary", "regression"),
    "names": ("classification", "binary"),
    "several": ("multilabel",),
    "values": ("regression",),
    "outputs": ("tensors",),
}
"""What samples with such labels are of, where the model doesn't tell."""
TOLD_TOO: Mapping[Labels, Sequence[TaskKind]] = {"numbers": ("multilabel",), "names": ("multilabel",)}
"""What they may be of, where it does: one label of several."""
ALL: Sequence[TaskKind] = ("classification", "binary", "multilabel", "regression", "tensors")
Inputs = Sequence[tuple[Input, Form]]
Tasks = Sequence[tuple[Task, Answering]]
"""What is said, and what it leads to."""


def signatures_of(signatures: Sequence[Signature]) -> Sequence[Signature]:
    """The usual one, else the first."""
    usual = [one for one in signatures if one.key == USUAL]
    return usual or signatures[:MOST_SIGNATURES]


def inputs_of(signature: Signature, hints: Hints, *, of_json: bool | None) -> Inputs:
    """``of_json``: whether the samples are JSON or images; None: there are none."""
    said = Input(signature=signature.key)
    told = _infer_input(signature, hints, said)
    if told is not None and _suits(told, of_json):
        return [(said, told)]
    if any(kind in NO_CLIENT_HAS for kind, _ in hints.strings.values()):
        return []
    others = [
        *(said.model_copy(update={"scale": scale}) for scale in SCALES),
        *(said.model_copy(update={"kind": kind}) for kind in KINDS),
    ]
    found = [(wish, form) for wish in others if (form := _infer_input(signature, hints, wish)) is not None]
    if of_json is None and any(wish.scale for wish, _ in found):
        return [(wish, form) for wish, form in found if wish.scale]  # a tensor of an image's shape holds images
    return [(wish, form) for wish, form in found if _suits(form, of_json)]


def _infer_input(signature: Signature, hints: Hints, wish: Input) -> Form | None:
    notes = Notes()
    form = infer_input(signature, hints, wish, notes)
    ignored = form is not None and wish.scale is not None and form.kind != "image"
    return None if notes.obstacles or ignored else form


def _suits(form: Form, of_json: bool | None) -> bool:
    return of_json is None or of_json == (form.kind not in IMAGES)


def tasks_of(signature: Signature, hints: Hints, labels: Sequence[str], evidence: Evidence) -> Tasks:
    """One where the model tells its task and the samples' labels suit it, else each that it could have.

    ``labels`` are names that somebody gave to its classes; those of the samples are left to the tries.
    """
    kinds = TASKS[evidence.labels] if evidence.labels else ALL
    if labels:
        kinds = [kind for kind in kinds if kind in NAMED]
    told = _infer_task(signature, hints, Task(), labels, evidence)
    if told is not None and (told.kind in kinds or told.kind in TOLD_TOO.get(evidence.labels or "values", ())):
        return [(Task(), told)]
    found: dict[str, tuple[Task, Answering]] = {}
    for one in _output_names(signature, hints, evidence):
        for wish, task in _tasks_of_output(one, signature, hints, labels, evidence):
            if task.kind in kinds:
                found.setdefault(task.model_dump_json(), (wish, task))
    return list(found.values())


def _output_names(signature: Signature, hints: Hints, evidence: Evidence) -> Sequence[str | None]:
    """None: the only one that suits needs no name."""
    outputs = outputs_of(signature.outputs, hints.last, evidence.seen)
    names: Sequence[str | None] = [output.tensor.name for output in outputs if output.suits][:MOST_OUTPUTS]
    return names if len(names) > 1 else [None]


def _tasks_of_output(
    name: str | None, signature: Signature, hints: Hints, labels: Sequence[str], evidence: Evidence
) -> Iterator[tuple[Task, Answering]]:
    """The shortest wish first."""
    for kind in (None, *ALL):
        for logits in (None, True, False):
            wish = Task(output=name if kind != "tensors" else None, kind=kind, logits=logits)
            task = _infer_task(signature, hints, wish, labels, evidence)
            if task is not None:
                # A probe of another sample might tell otherwise.
                yield wish.model_copy(update={"logits": task.logits}) if kind in NAMED else wish, task
            if task is not None and logits is None:
                break  # nothing is to be said of them


def _infer_task(
    signature: Signature, hints: Hints, wish: Task, labels: Sequence[str], evidence: Evidence
) -> Answering | None:
    notes = Notes()
    task, _ = infer_task(signature, hints, wish, labels, evidence, notes)
    return None if notes.obstacles or notes.questions else task
