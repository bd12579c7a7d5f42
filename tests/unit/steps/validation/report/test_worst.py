from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import JsonValue

from config.settings import Settings
from scoring.contract import Contract
from steps.validation.evidence import Evidence
from steps.validation.measured import Measured
from steps.validation.report.wording import wording_of
from steps.validation.report.worst import MOST, Worst, worst
from steps.validation.samples.contents import contents_of
from steps.validation.tasks import judge_of
from tests.unit.steps.validation.contracts import contract

Answered = Sequence[tuple[JsonValue, JsonValue]]
"""Truths, and answers of the service."""


@pytest.fixture
def found(settings: Settings, good: Measured, tmp_path: Path) -> "Find":
    return Find(settings, good, tmp_path)


class Find:
    def __init__(self, settings: Settings, good: Measured, folder: Path) -> None:
        self._settings, self._good, self._folder = settings, good, folder

    def __call__(self, of: Contract, candidate: Answered, production: Answered | None = None) -> Worst:
        task = judge_of(of, self._settings.validation)

        def measured(answered: Answered) -> Measured:
            scored = [task.score(str(number), *pair) for number, pair in enumerate(answered)]
            errors = [f"{one.name}: 500: it failed" for one in scored if not one.answered]
            return replace(self._good, scored=tuple(scored), errors=tuple(errors))

        before = None if production is None else measured(production)
        evidence = Evidence("x", True, measured(candidate), before, task=task)
        return worst(evidence, wording_of(of, contents_of(self._folder)), self._folder)


CATS = contract("classification", labels=("cat", "dog", "fox"))


def of_class(index: int, probability: float) -> JsonValue:
    rest = (1 - probability) / 2
    return {"class": index, "probabilities": [probability if place == index else rest for place in range(3)]}


def names(shown: Worst) -> list[str]:
    return [one.name for one in shown.samples]


def test_the_surest_of_the_wrong_come_first_and_no_answer_before_them(found: Find) -> None:
    shown = found(CATS, [(0, of_class(0, 0.9)), (0, of_class(1, 0.6)), (0, of_class(2, 0.8)), (1, None)])

    assert names(shown) == ["3", "2", "1"]
    assert shown.samples[0].facts == {"true": "dog", "answered": "500: it failed", "probability": ""}
    assert shown.samples[1].facts == {"true": "cat", "answered": "fox", "probability": "0.800"}
    assert shown.told == "3 of 4 samples: first those that the model was surest of."


def test_what_production_answered_rightly_comes_first_and_is_said(found: Find) -> None:
    both_wrong, lost = (0, of_class(1, 0.9)), (2, of_class(1, 0.6))
    shown = found(CATS, [both_wrong, lost], [both_wrong, (2, of_class(2, 0.7))])

    assert names(shown) == ["1", "0"]
    assert [one.facts["production"] for one in shown.samples] == ["fox", "dog"]


def test_a_production_that_never_started_says_nothing(found: Find) -> None:
    assert "production" not in found(CATS, [(0, of_class(1, 0.9))], []).samples[0].facts


def test_there_are_few_and_how_many_is_said(found: Find) -> None:
    shown = found(CATS, [(0, of_class(1, 0.9))] * 100)

    assert len(shown.samples) == MOST
    assert shown.told.startswith("100 of 100 samples, 24 of them shown")


def test_all_right(found: Find) -> None:
    shown = found(CATS, [(0, of_class(0, 0.9))])

    assert (shown.told, shown.samples) == ("None of 1 samples.", [])


def test_of_a_binary_task_the_probability_is_of_what_was_answered(found: Find) -> None:
    of = contract("binary", labels=("no", "yes"))
    shown = found(of, [(1, {"class": 0, "probability": 0.1}), (0, {"class": 1, "probability": 0.7})])

    assert [one.facts["answered"] for one in shown.samples] == ["no", "yes"]
    assert [one.facts["probability"] for one in shown.samples] == ["0.900", "0.700"]


def test_of_a_regression_the_greatest_errors(found: Find) -> None:
    of = contract("regression", unit="kg")
    shown = found(of, [(1.0, {"value": 1.5}), (2.0, {"value": 2.0}), (3.0, {"value": -1.0})])

    assert names(shown) == ["2", "0"]
    assert shown.samples[0].facts == {"true": "3 kg", "answered": "-1 kg", "error": "-4 kg"}


def test_of_several_labels_most_that_are_missed_or_wrong(found: Find) -> None:
    of = contract("multilabel", labels=("a", "b", "c"))
    twice: tuple[JsonValue, JsonValue] = ([0], {"classes": [2, 1], "probabilities": [0.9, 0.6]})
    shown = found(of, [([0, 1], {"classes": [0], "probabilities": [0.8]}), twice])

    assert names(shown) == ["1", "0"]
    assert shown.samples[0].facts == {"true": "a", "answered": "b 0.60, c 0.90"}


def test_of_tensors_what_differs_most_and_what_differs_in_a_text(found: Find) -> None:
    (output,) = contract("tensors").task.outputs
    of = contract("tensors", outputs=(output, output.model_copy(update={"name": "said"})))

    def answer(number: float, text: str) -> JsonValue:
        return {"outputs": {"y": [1, number], "said": text}}

    truth: JsonValue = {"y": [1, 2], "said": "yes"}
    answers = [answer(2.0, "yes"), answer(2.5, "yes"), answer(9.0, "yes"), answer(2.0, "no")]
    shown = found(of, [(truth, one) for one in answers])

    assert names(shown) == ["3", "2", "1"]
    assert [one.facts["differs by"] for one in shown.samples] == ["shape or text", "7", "0.5"]
