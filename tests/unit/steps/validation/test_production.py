import pytest

from scoring.contract import Contract
from steps.validation.production import why_incomparable
from tests.unit.steps.validation.contracts import contract

CATS = contract("classification", labels=("cat", "dog", "cow"))


@pytest.mark.parametrize(
    ("live", "why"),
    [
        (None, ""),
        (CATS, ""),
        (contract("classification"), ""),
        (contract("classification", "image"), ""),
        (contract("classification", labels=("dog", "cat", "cow")), "production has other classes, or another order"),
        (contract("regression"), "production's task is regression, this candidate's classification"),
        (contract("classification", "tensors"), "production takes tensors, this candidate jpeg"),
    ],
)
def test_only_the_same_question_with_the_same_classes_is_compared(live: Contract | None, why: str) -> None:
    assert why_incomparable(CATS, live).startswith(why)
    assert bool(why_incomparable(CATS, live)) == bool(why)
