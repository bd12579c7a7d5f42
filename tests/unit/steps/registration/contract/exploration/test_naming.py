from scoring.contract import Task, Tensor
from steps.registration.contract.exploration.naming import matched_order, named
from steps.validation.tasks.task import Scored

NAMES = ("blue", "green", "red")


def scored(*pairs: tuple[int, int | None]) -> list[Scored]:
    return [Scored(str(place), truth, predicted, truth == predicted) for place, (truth, predicted) in enumerate(pairs)]


def test_a_name_is_the_class_that_most_of_its_samples_are_given() -> None:
    order = matched_order(NAMES, scored((0, 2), (0, 2), (0, 1), (1, 1), (2, 0), (2, None)))
    assert order == ("red", "green", "blue")


def test_a_class_for_two_names_or_none_tells_no_order() -> None:
    assert matched_order(NAMES, scored((0, 1), (1, 1), (2, 0))) is None
    assert matched_order(NAMES, scored((0, 2), (1, 1))) is None


def test_the_order_that_was_assumed_needs_no_other() -> None:
    assert matched_order(NAMES, scored((0, 0), (1, 1), (2, 2))) is None


def test_names_are_given_to_as_many_classes_alone() -> None:
    task = Task(kind="classification", outputs=(Tensor(name="p", dtype="float32", shape=(None, 3)),))
    assert named(task, NAMES).labels == NAMES
    assert named(task, NAMES[:2]).labels == ()
    assert named(task, ("a", "b", "c\nd")).labels == ()
    assert named(task.model_copy(update={"labels": ("a", "b", "c")}), NAMES).labels == ("a", "b", "c")
    assert named(task.model_copy(update={"kind": "regression"}), NAMES).labels == ()
