"""Infers whether the service has to make probabilities of an output."""

from config.sections.contract import Task as Wish
from scoring.contract import TaskKind
from steps.registration.contract.inference.meanings import Output, meaning
from steps.registration.contract.inference.notes import Notes

ACTIVATIONS = {"Softmax": "softmax", "Sigmoid": "sigmoid"}


def infer_logits(output: Output, kind: TaskKind, wish: Wish, notes: Notes) -> bool:
    """True where it is before the softmax or sigmoid; False, with an obstacle, where nobody can tell."""
    if kind in ("regression", "tensors"):
        if wish.logits:
            notes.warnings.append(f"task.logits is for classes and labels: {kind} leaves it out.")
        return False
    if wish.logits is not None:
        _check_said(output, wish.logits, kind, notes)
        notes.know("task.logits", wish.logits, "said in task.logits")
        return wish.logits
    known = _known(output, kind)
    if known is not None:
        logits, how = known
        notes.know("task.logits", logits, how)
        return logits
    notes.ask(
        f"Nothing tells whether its values are probabilities, or scores before the {_activation(kind)}.",
        f"output {output.tensor.name}",
        f"Write `task: {{kind: {kind}, logits: true}}` into the service's file for scores, "
        f"`task: {{kind: {kind}, logits: false}}` for probabilities.",
    )
    return False


def _known(output: Output, kind: TaskKind) -> tuple[bool, str] | None:
    if output.last in ACTIVATIONS:
        return False, f"the output ends in a {ACTIVATIONS[output.last]}"
    found = meaning(output)
    if found is not None and found.kind == kind:
        return found.logits, found.how
    if output.seen and not output.seen.unit:
        return True, "its values weren't between 0 and 1 on a probe"
    return None


def _check_said(output: Output, logits: bool, kind: TaskKind, notes: Notes) -> None:
    if logits and output.last in ACTIVATIONS:
        notes.stop(
            f"task.logits is true, but the output already ends in a {ACTIVATIONS[output.last]}: "
            f"the service's {_activation(kind)} would flatten its probabilities.",
            "task.logits",
            "Leave task.logits out.",
        )
    if not logits and output.seen and not output.seen.unit:
        notes.stop(
            "task.logits is false, but on a probe the output's values weren't between 0 and 1.",
            "task.logits",
            f"Write `task: {{kind: {kind}, logits: true}}` into the service's file.",
        )


def _activation(kind: TaskKind) -> str:
    return "softmax" if kind == "classification" else "sigmoid"
