"""Whether what is kept of a SavedModel can be what these settings lead to: its file may be anybody's."""

import json
from collections.abc import Iterator, Mapping, Sequence

from scoring.contract import Contract, Input, Task
from steps.registration.contract.findings import Inspection, Wishes

NAMED = ("classification", "multilabel", "binary")
"""Tasks with classes or labels, which have names and may be scores."""
LONGEST = 60
"""Characters of a value that differs: there may be a thousand labels."""


def agrees(inspection: Inspection, wishes: Wishes, labels: Sequence[str]) -> bool:
    """It has a contract, and that says whatever the settings say of the model, with these names of the classes."""
    contract = inspection.contract
    return contract is not None and contract == as_said(contract, wishes, labels)


def as_said(contract: Contract, wishes: Wishes, labels: Sequence[str]) -> Contract:
    """The contract with whatever the settings say of the model: itself, where they could have led to it."""
    update = {
        "signature": wishes.input.signature,
        "input": _input_as_said(contract.input, wishes),
        "task": _task_as_said(contract.task, wishes, labels),
    }
    return contract.model_copy(update=update)


def differences(one: Contract, other: Contract, of_one: str, of_other: str) -> str:
    """What two contracts say differently, key by key, each value shortened: ``task.threshold 0.5 here, 0.7 there``."""
    first, second = dict(_flat(one.model_dump())), dict(_flat(other.model_dump()))
    differing = [key for key in first | second if first.get(key) != second.get(key)]
    return "; ".join(
        f"{key} {_short(first.get(key))} {of_one}, {_short(second.get(key))} {of_other}" for key in differing
    )


def _flat(document: Mapping[str, object], above: str = "") -> Iterator[tuple[str, object]]:
    for key, value in document.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


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
