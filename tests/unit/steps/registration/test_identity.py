import pytest

from config.settings import Settings, load_settings
from scoring.contract import Contract, Input, Task, Tensor
from steps.registration.identity import contract_hash, contract_tags, describe, wishes_hash, wishes_of

JPEGS = Tensor(name="jpegs", dtype="string", shape=(None,))
PROBABILITIES = Tensor(name="probabilities", dtype="float32", shape=(None, 3))


def contract(labels: tuple[str, ...] = ()) -> Contract:
    task = Task(kind="classification", outputs=(PROBABILITIES,), labels=labels)
    return Contract(signature="serving_default", input=Input(kind="jpeg", tensors=(JPEGS,)), task=task)


def settings(**overrides: str) -> Settings:
    return load_settings("local", {key.replace("__", "."): value for key, value in overrides.items()}, environ={})


def test_another_label_is_another_contract() -> None:
    assert contract_hash(contract(("a", "b", "c"))) == contract_hash(contract(("a", "b", "c")))
    assert contract_hash(contract(("a", "b", "c"))) != contract_hash(contract(("a", "b", "d")))


def test_what_a_later_version_can_say_besides_leaves_the_contract_what_it_is() -> None:
    class Later(Contract):
        added: bool = False

    plain = contract()
    assert contract_hash(Later(**dict(plain))) == contract_hash(plain)
    assert contract_hash(Later(**dict(plain), added=True)) != contract_hash(plain)


def test_wishes_are_what_is_said_and_not_the_name_of_a_file() -> None:
    one, other = settings(task__labels="one.txt"), settings(task__labels="other.txt")
    assert wishes_hash(one, ["a"]) == wishes_hash(other, ["a"])
    assert wishes_hash(one, ["a"]) != wishes_hash(one, ["b"])
    assert wishes_hash(settings(), []) != wishes_hash(settings(task__kind="binary"), [])


def test_tags_say_what_a_service_of_the_version_answers() -> None:
    tags = contract_tags(contract(("a", "b", "c")), 3, "said")
    assert (tags["task"], tags["input"], tags["classes"]) == ("classification", "jpeg", "3")
    labels = tags["labels_hash"][:4]
    assert describe(tags) == f"classification of jpeg, 3 classes, labels {labels} ({tags['contract_hash']})"
    assert wishes_of(tags) == "said"


def test_a_regression_has_values_and_no_classes() -> None:
    one = Contract(
        signature="serving_default",
        input=Input(kind="jpeg", tensors=(Tensor(name="x", dtype="string", shape=(None,)),)),
        task=Task(kind="regression", outputs=(Tensor(name="y", dtype="float32", shape=(None, 1)),)),
    )
    tags = contract_tags(one, 1, "said")
    assert (tags["values"], "classes" in tags) == ("1", False)
    assert describe(tags) == f"regression of jpeg ({tags['contract_hash']})"


@pytest.mark.parametrize(("kind", "count"), [("regression", "2 values"), ("multilabel", "2 labels")])
def test_what_is_counted_is_called_as_its_task_does(kind: str, count: str) -> None:
    tags = {"contract_hash": "c", "input": "tensors", "task": kind, "classes": count[0]}
    assert describe(tags) == f"{kind} of tensors, {count} (c)"


def test_a_version_of_before_was_registered_with_nothing_said() -> None:
    assert wishes_of({"content_hash": "x"}) == wishes_hash(settings(), [])
    assert describe({"content_hash": "x"}) is None
