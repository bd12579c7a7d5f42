"""Whether what is kept of a SavedModel can be what these settings lead to: its file may be anybody's."""

from collections.abc import Sequence

from scoring.contract import Contract, Input, Task
from steps.registration.contract.findings import Inspection, Wishes

NAMED = ("classification", "multilabel", "binary")
"""Tasks with classes or labels, which have names and may be scores."""


def agrees(inspection: Inspection, wishes: Wishes, labels: Sequence[str]) -> bool:
    """It has a contract, and that says whatever the settings say of the model, with these names of the classes."""
    contract = inspection.contract
    return contract is not None and contract == _as_said(contract, wishes, labels)


def _as_said(contract: Contract, wishes: Wishes, labels: Sequence[str]) -> Contract:
    update = {
        "signature": wishes.input.signature,
        "input": _input_as_said(contract.input, wishes),
        "task": _task_as_said(contract.task, wishes, labels),
    }
    return contract.model_copy(update=update)


def _input_as_said(found: Input, wishes: Wishes) -> Input:
    wish = wishes.input
    if found.kind != "image":  # which has neither scale nor size
        return Input(kind=wish.kind or found.kind, tensors=found.tensors)
    said = {"kind": wish.kind, "scale": wish.scale, "size": wish.size, "resize": wish.resize}
    return found.model_copy(update={key: value for key, value in said.items() if value is not None})


def _task_as_said(found: Task, wishes: Wishes, labels: Sequence[str]) -> Task:
    wish, classifies = wishes.task, found.kind == "classification"
    outputs = tuple(output for output in found.outputs if wish.output in (None, output.name))
    kind = wish.kind or found.kind
    if found.kind == "tensors":
        return Task(kind=kind, outputs=outputs)
    named = found.kind in NAMED
    logits = found.logits if wish.logits is None else wish.logits
    return Task(
        kind=kind,
        outputs=outputs,
        logits=named and logits,
        label_output=found.label_output if classifies else None,
        labels=tuple(labels) if named else (),
        top_k=wish.top_k if classifies else None,
        threshold=wish.threshold,
        unit=wish.unit if found.kind == "regression" else None,
    )
