"""A kept finding is believed where the settings could have led to it; contract/test_zoo.py asks it of true ones."""

from typing import Any

import pytest

from config.sections.contract import Input, Task
from scoring.contract import Contract
from steps.registration.agreement import agrees
from steps.registration.contract.findings import Inspection, Said
from tests.unit.steps.validation.contracts import contract

LABELS = ("cat", "dog", "owl")
PLAIN = contract("classification")


def changed(part: str, **update: Any) -> Contract:
    return PLAIN.model_copy(update={part: getattr(PLAIN, part).model_copy(update=update)})


def test_what_says_nothing_is_not_believed() -> None:
    assert not agrees(Inspection(), Said(), ())


def test_what_the_settings_leave_open_is_believed() -> None:
    assert agrees(Inspection(contract=PLAIN), Said(), ())
    assert agrees(Inspection(contract=changed("task", logits=True)), Said(), ())


@pytest.mark.parametrize(
    ("found", "said", "labels"),
    [
        (changed("task", labels=("dog", "cat", "owl")), Said(), LABELS),
        (changed("task", threshold=0.01), Said(), ()),
        (changed("task", threshold=0.5), Said(task=Task(threshold=0.7)), ()),
        (changed("task", top_k=None), Said(task=Task(top_k=2)), ()),
        (changed("task", logits=False), Said(task=Task(logits=True)), ()),
        (PLAIN, Said(task=Task(kind="multilabel")), ()),
        (PLAIN, Said(task=Task(output="scores")), ()),
        (PLAIN, Said(input=Input(signature="predict")), ()),
        (PLAIN, Said(input=Input(kind="text")), ()),
        (changed("input", kind="image", scale="0-1"), Said(input=Input(scale="tf")), ()),
        (changed("input", kind="image", size=(9, 9)), Said(input=Input(size=(8, 8))), ()),
        (changed("input", kind="image", resize="area"), Said(), ()),
    ],
)
def test_what_the_settings_say_otherwise_is_not_believed(found: Contract, said: Said, labels: tuple[str, ...]) -> None:
    assert not agrees(Inspection(contract=found), said, labels)
