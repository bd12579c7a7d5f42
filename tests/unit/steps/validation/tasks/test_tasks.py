"""What each task makes of answers, as scoring/tasks gives them."""

import math
from typing import Any

import numpy as np
import pytest
from pydantic import JsonValue
from sklearn.metrics import f1_score, mean_absolute_error, roc_auc_score, root_mean_squared_error

from config.settings import Settings
from scoring.contract import Tensor
from steps.artifacts.verdict import Answer
from steps.validation.parity import compare_answers
from steps.validation.tasks import judge_of
from steps.validation.tasks.task import Bound, Scored, Task
from tests.unit.steps.validation.contracts import contract

OUTPUTS = (Tensor(name="a", dtype="float32", shape=(None, 2)), Tensor(name="b", dtype="string", shape=(None,)))


@pytest.fixture
def judge(settings: Settings) -> Any:
    return lambda kind, *about, **task: judge_of(contract(kind, *about, **task), settings.validation)


def scored(task: Task, *pairs: tuple[Any, Any]) -> list[Scored]:
    return [task.score(f"{place}", truth, answer) for place, (truth, answer) in enumerate(pairs)]


def kept(predicted: Any, label: Any = None) -> Answer:
    return Answer(file="x", label=label, predicted=predicted)


def test_a_class_is_right_by_its_number_or_by_the_models_own_name(judge: Any) -> None:
    task = judge("classification")
    named = {"class": "cat", "probability": 0.7, "probabilities": [0.1, 0.7, 0.2]}
    found = scored(task, (1, named), ("cat", named), (1, {"class": 2}), (1, {"class": True}), (0, None))
    assert [one.predicted for one in found] == [1, "cat", 2, None, None]
    assert [one.right for one in found] == [True, True, False, False, False]
    assert task.metrics(found) == {"accuracy": 0.4}


@pytest.mark.parametrize(
    ("dtype", "labels", "length"), [("int64", (), 3), ("int64", ("a", "b", "c"), 1001), ("string", (), 1001)]
)
def test_a_models_own_number_of_a_class_says_nothing_of_how_many_there_are(
    judge: Any, dtype: str, labels: tuple[str, ...], length: int
) -> None:
    own = Tensor(name="classes", dtype=dtype, shape=(None,))
    assert judge("classification", label_output=own, labels=labels).length_of_truth(1000) == length


def test_a_models_own_number_of_a_class_is_no_place_among_the_likeliest(judge: Any) -> None:
    task = judge("classification", label_output=Tensor(name="classes", dtype="int64", shape=(None,)), top_k=2)
    found = scored(
        task, (1, {"class": 7, "probabilities": [0.5, 0.4, 0.1]}), (1, {"class": 0, "probabilities": [1, 0]})
    )
    assert [one.in_top for one in found] == [False, True]


def test_top_k_counts_the_likelier_classes(judge: Any) -> None:
    task = judge("classification", top_k=2)
    answer = {"class": 0, "probabilities": [0.5, 0.25, 0.25]}
    found = scored(task, (0, answer), (1, answer), (2, answer), (7, answer))
    assert [one.in_top for one in found] == [True, True, False, False]
    assert task.metrics(found)["top_k_accuracy"] == 0.5


def test_labels_are_right_all_together_and_f1_is_scikit_learns(judge: Any) -> None:
    task = judge("multilabel")
    truths = [[0], [0, 1], [], [2], [1]]
    given = [[0], [1], [], [0, 2], [1]]
    found = scored(task, *((truth, {"classes": classes}) for truth, classes in zip(truths, given, strict=True)))
    matrix = [[[int(label in row) for label in range(3)] for row in rows] for rows in (truths, given)]
    assert task.metrics(found)["exact_match"] == 0.6
    assert task.metrics(found)["macro_f1"] == pytest.approx(f1_score(*matrix, average="macro"))


def test_a_label_that_is_nowhere_has_no_f1(judge: Any) -> None:
    assert judge("multilabel").metrics(scored(judge("multilabel"), ([], {"classes": []}))) == {"exact_match": 1.0}


def test_the_area_under_the_curve_is_scikit_learns(judge: Any) -> None:
    task, truths, given = judge("binary"), [0, 0, 1, 1, 1], [0.1, 0.6, 0.6, 0.4, 0.9]
    pairs = [(truth, {"class": int(p >= 0.5), "probability": p}) for truth, p in zip(truths, given, strict=True)]
    metrics = task.metrics(scored(task, *pairs))
    assert metrics == {"accuracy": 0.6, "roc_auc": pytest.approx(roc_auc_score(truths, given))}
    assert "roc_auc" not in task.metrics(scored(task, *pairs[:2]))


def test_errors_of_a_regression_are_scikit_learns(judge: Any) -> None:
    task, truths, given = judge("regression"), [1.0, 2.0, 4.0], [1.5, 2.0, 1.0]
    found = scored(task, *((truth, {"value": value, "unit": "kg"}) for truth, value in zip(truths, given, strict=True)))
    assert task.metrics(found) == {
        "mae": pytest.approx(mean_absolute_error(truths, given)),
        "rmse": pytest.approx(root_mean_squared_error(truths, given)),
    }
    assert {one.right for one in found} == {None}


def test_several_values_count_alike_and_another_number_of_them_is_no_error(judge: Any) -> None:
    task = judge("regression")
    found = scored(task, ([1.0, 2.0], {"values": [2.0, 4.0]}), ([1.0, 2.0], {"value": 1.0}), (1.0, {"values": []}))
    assert task.metrics(found)["mae"] == 1.5
    assert [one.length for one in found] == [2, 1, None]


def test_outputs_are_right_within_the_tolerance(judge: Any) -> None:
    task = judge("tensors", "tensors", outputs=OUTPUTS)
    reference = {"a": [100.0, 0.0], "b": "red"}
    answers = [
        {"a": [100.9, 0.00009], "b": "red"},
        {"a": [101.1, 0.0], "b": "red"},
        {"a": [100.0, 0.001], "b": "red"},
        {"a": [100.0, 0.0], "b": "blue"},
        {"a": [[100.0, 0.0]], "b": "red"},
        {"a": [100.0, 0.0]},
        None,
    ]
    found = scored(task, *((reference, answer) for answer in answers))
    assert [one.right for one in found] == [True, *[False] * 6]
    assert [one.answered for one in found] == [*[True] * 5, False, False]
    assert scored(task, ({"b": "red"}, answers[1]))[0].right


def test_outputs_about_an_image_are_named_and_an_only_one_about_a_row_is_not(judge: Any) -> None:
    assert judge("tensors").predicted({"outputs": {"y": [1, 2]}}, None) == {"y": [1, 2]}
    assert judge("tensors", "tensors").predicted([1, 2], None) == {"y": [1, 2]}


@pytest.mark.parametrize(
    ("kind", "original", "served", "agreement", "difference"),
    [
        ("classification", {"class": 0, "probabilities": [0.6, 0.4]}, {"probabilities": [0.45, 0.55]}, 0, 0.15),
        ("multilabel", {"classes": [0], "probabilities": [0.9]}, {"classes": [0], "probabilities": [0.88]}, 1, 0.02),
        ("multilabel", {"classes": [0], "probabilities": [0.53]}, {"classes": [], "probabilities": []}, 0, 0.0),
        (
            "multilabel",
            {"classes": [0, 1], "probabilities": [0.9, 0.5]},
            {"classes": [0], "probabilities": [1]},
            0,
            0.1,
        ),
        (
            "multilabel",
            {"classes": [0], "probabilities": [0.9]},
            {"classes": [0], "probabilities": [None]},
            1,
            math.inf,
        ),
        ("binary", {"class": 1, "probability": 0.5}, {"class": 0, "probability": 0.49}, 0, 0.01),
        ("regression", {"value": -200.0}, {"value": -201.0}, None, 0.005),
        ("regression", {"value": 0.0}, {"value": 0.1}, None, 1e5),
        ("regression", {"value": 0.0}, {"value": 1e-9}, None, 1e-3),
        ("regression", {"values": [1.0, 2.0]}, {"value": 1.0}, None, math.inf),
    ],
)
def test_parity_counts_what_the_task_does(
    judge: Any, kind: str, original: Any, served: Any, agreement: float | None, difference: float
) -> None:
    found = compare_answers(judge(kind), [original], [served])
    assert (found.samples, found.agreement) == (1, agreement)
    assert found.difference == pytest.approx(difference)


def test_parity_of_outputs_goes_by_each_outputs_own_greatest_value(judge: Any) -> None:
    task = judge("tensors", "tensors", outputs=OUTPUTS)
    original: list[JsonValue] = [{"a": [1000.0, 1.0], "b": "x"}, {"a": [0.0, 0.0], "b": "y"}]
    served: list[JsonValue] = [{"a": [1000.0, 11.0], "b": "x"}, {"a": [0.0, 0.0], "b": "z"}]
    found = compare_answers(task, original, served)
    assert found.agreement == 0.5
    assert found.difference == pytest.approx(0.01)


def test_a_live_answer_repeats_one_of_validation_but_for_rounding(judge: Any) -> None:
    task = judge("regression")
    scales = task.scales([kept(100.0), kept(1.0)])
    assert task.repeats(kept(1.0), {"value": 3.0}, scales)
    assert not task.repeats(kept(1.0), {"value": 7.0}, scales)
    assert not task.repeats(kept(1.0), {"values": [1.0, 1.0]}, scales)
    outputs = judge("tensors", "tensors", outputs=OUTPUTS)
    said = {"a": [1.0, 2.0], "b": "red"}
    assert outputs.repeats(kept(said), {"a": [1.001, 2.0], "b": "red"}, outputs.scales([kept(said)]))
    assert not outputs.repeats(kept(said), {"a": [1.0, 2.0], "b": "blue"}, outputs.scales([kept(said)]))
    assert judge("multilabel").repeats(kept([0, 2]), {"classes": [0, 2]}, {})
    assert not judge("binary").repeats(kept(1, 1), {"class": 0, "probability": 0.4}, {})


def test_an_answer_of_another_task_is_none(judge: Any) -> None:
    answers = [{"class": "cat"}, {"classes": 3}, {"class": 2, "probability": 1}, {"value": "x"}, {"value": np.inf}, 7]
    for kind, answer in zip(
        ("classification", "multilabel", "binary", "regression", "regression", "binary"), answers, strict=True
    ):
        assert judge(kind).score("x", 1, answer).predicted is None, (kind, answer)


@pytest.mark.parametrize("floor", [True, False])
def test_a_threshold_that_isnt_set_is_never_met(floor: bool) -> None:
    assert not Bound("mae_ceiling", None, "mae", floor).holds(0.5)
