import json

import numpy as np
import pytest

from scoring.contract import Task, Tensor
from scoring.errors import StartupError
from scoring.tasks.classification import Classification, answers, check

OUTPUT = Tensor(name="y", dtype="float32", shape=(None, 3))
NAMES = ("cat", "dog", "eel")


def test_of_a_classifier_without_more_the_answer_is_the_classic_one() -> None:
    answer = Classification(1, np.array([0.25, 0.75], np.float32))
    assert answer.to_json() == b'{"class":1,"probability":0.75,"probabilities":[0.25,0.75]}'


def test_names_and_the_likeliest() -> None:
    task = Task(kind="classification", outputs=(OUTPUT,), labels=NAMES, top_k=2)
    (answer,) = answers(task, [np.array([[0.25, 0.125, 0.625]], np.float32)])
    assert json.loads(answer.to_json()) == {
        "class": 2,
        "label": "eel",
        "probability": 0.625,
        "probabilities": [0.25, 0.125, 0.625],
        "top": [
            {"class": 2, "label": "eel", "probability": 0.625},
            {"class": 0, "label": "cat", "probability": 0.25},
        ],
    }


def test_of_equal_probabilities_the_first_leads_the_list_too() -> None:
    task = Task(kind="classification", outputs=(OUTPUT,), top_k=9)
    (answer,) = answers(task, [np.array([[0.25, 0.375, 0.375]], np.float32)])
    assert answer.document["class"] == 1
    assert [one["class"] for one in answer.document["top"]] == [1, 2, 0]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_logits_become_probabilities(dtype: type) -> None:
    task = Task(kind="classification", outputs=(OUTPUT,), logits=True)
    (one, large) = answers(task, [np.array([[0, np.log(3), 0], [0, 1000, -1000]], dtype)])
    np.testing.assert_allclose(one.numbers, [0.2, 0.6, 0.2], rtol=1e-3)
    assert large.numbers.tolist() == [0, 1, 0]


@pytest.mark.parametrize(("own", "label"), [([1], "dog"), ([7], "7"), ([b"fish"], "fish")])
def test_a_class_that_the_model_names_itself_is_given(own: list[int | bytes], label: str) -> None:
    classes = Tensor(name="classes", dtype="int64", shape=(None,))
    task = Task(kind="classification", outputs=(OUTPUT,), label_output=classes, labels=NAMES)
    (answer,) = answers(task, [np.array(own), np.array([[0.25, 0.125, 0.625]], np.float32)])
    assert answer.document["class"] == (own[0].decode() if isinstance(own[0], bytes) else own[0])
    assert answer.document["label"] == label
    assert answer.noted == {"class": answer.document["class"], "index": 2, "probability": 0.625}


def test_a_class_that_is_no_text_is_given_all_the_same() -> None:
    classes = Tensor(name="classes", dtype="string", shape=(None,))
    task = Task(kind="classification", outputs=(OUTPUT,), label_output=classes)
    rows = np.array([[0.25, 0.125, 0.625]] * 2, np.float32)
    found = [answer.document["class"] for answer in answers(task, [np.array([b"caf\xe9", b"tea"], object), rows])]
    assert found == ["caf\\xe9", "tea"]


@pytest.mark.parametrize(
    ("task", "rows", "message"),
    [
        ({}, [[0.5, 0.25, 0.1]], "sums to 0.85 instead of 1: end the model with a softmax"),
        ({}, [0.5, 0.5], "has the shape .2. instead of"),
        ({"labels": NAMES[:2]}, [[0.5, 0.25, 0.25]], "has 3 classes, but there are 2 labels"),
    ],
)
def test_outputs_that_are_not_a_classifiers(task: dict[str, object], rows: list[object], message: str) -> None:
    with pytest.raises(StartupError, match=message):
        check(Task(kind="classification", outputs=(OUTPUT,), **task), [np.array(rows)])  # type: ignore[arg-type]


def test_logits_need_not_sum_to_one() -> None:
    check(Task(kind="classification", outputs=(OUTPUT,), logits=True), [np.array([[9.0, 2.0, 1.0]])])
