import pytest

from scoring.contract import Contract, Input, Task, Tensor
from steps.registration.contract.exploration.measuring import measure
from steps.validation.tasks.task import Scored

X = Tensor(name="x", dtype="float32", shape=(None, 4))


def contract(kind: str) -> Contract:
    task = Task.model_validate({"kind": kind, "outputs": (Tensor(name="y", dtype="float32", shape=(None, 3)),)})
    return Contract(signature="serving_default", input=Input(kind="tensors", tensors=(X,)), task=task)


def classes(*pairs: tuple[int, int]) -> list[Scored]:
    return [Scored(str(place), truth, given, truth == given) for place, (truth, given) in enumerate(pairs)]


@pytest.mark.parametrize(
    ("right", "wrong", "useful"),
    [(50, 0, True), (30, 20, False)],  # half of the samples are of the commonest class
)
def test_a_share_is_useful_when_it_beats_the_commonest_answer(right: int, wrong: int, useful: bool) -> None:
    scored = classes(*((place % 2, place % 2) for place in range(right)), *((place % 2, 2) for place in range(wrong)))
    found = measure(contract("classification"), scored)
    assert found is not None
    assert (found.metric, found.value, found.samples, found.useful) == ("accuracy", right / 50, 50, useful)


@pytest.mark.parametrize(("off", "useful"), [(0.0, True), (0.1, True), (40.0, False)])
def test_an_error_is_useful_when_it_beats_the_median(off: float, useful: bool) -> None:
    scored = [Scored(str(value), float(value), value + off, None) for value in range(50)]
    found = measure(contract("regression"), scored)
    assert found is not None
    assert (found.metric, found.useful) == ("mae", useful)
    assert found.value == pytest.approx(off)
    assert found.threshold.value > off


def test_answers_of_another_length_than_their_truth_are_left_out() -> None:
    scored = [Scored("a", [1.0, 2.0], [1.0, 2.0], None), Scored("b", [1.0, 2.0, 3.0], [1.0, 2.0], None)]
    found = measure(contract("regression"), scored)
    assert found is not None
    assert found.value == 0


def test_nothing_that_was_answered_is_nothing_measured() -> None:
    assert measure(contract("regression"), [Scored("a", 1.0, None, None)]) is None
    assert measure(contract("classification"), []) is None
