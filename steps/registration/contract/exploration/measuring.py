"""How well the model answers labelled samples by one contract."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import JsonValue

from config.settings import Validation
from scoring.contract import Contract
from scoring.model.signature import output_names
from scoring.tasks import READINGS
from scoring.tasks.answer import Answers
from steps.querying.client import answer_of
from steps.registration.contract.exploration.results import Measured, Threshold
from steps.registration.contract.exploration.thresholds import ceiling_of, floor_of
from steps.registration.contract.opening import Arrays
from steps.validation.samples.sample import Sample
from steps.validation.tasks import judge_of
from steps.validation.tasks.task import Scored, vector

JSON_KINDS = ("tensors", "text")


def score(contract: Contract, samples: Sequence[Sample], outputs: Mapping[str, Arrays | None]) -> list[Scored]:
    """Each sample that was asked beside its truth; ``outputs`` are the model's by the sample's name.

    StartupError where the outputs aren't what the contract's task says.
    """
    judge = judge_of(contract, Validation())
    return [
        judge.score(sample.name, sample.truth, _answer(contract, outputs[sample.name]))
        for sample in samples
        if sample.name in outputs
    ]


def _answer(contract: Contract, arrays: Arrays | None) -> JsonValue:
    """As the service would; None where the model gave no answer, or none of finite numbers."""
    if arrays is None:
        return None
    ordered, reading = [arrays[name] for name in output_names(contract)], READINGS[contract.task.kind]
    reading.check(contract.task, ordered)
    (answer,) = reading.answers(contract.task, ordered)
    if not answer.is_finite:
        return None
    served = Answers([answer], "instances") if contract.input.kind in JSON_KINDS else answer
    return answer_of(json.loads(served.to_json()))


def measure(contract: Contract, scored: Sequence[Scored]) -> Measured | None:
    """None where nothing can be measured: no sample, or none was answered."""
    judge = judge_of(contract, Validation())
    bound = judge.bounds(Validation())[0]
    metrics = judge.metrics(scored)
    if bound.metric not in metrics:
        return None
    value, useful = _shares(scored) if bound.floor else _errors(scored)
    return Measured(
        metric=bound.metric,
        value=metrics[bound.metric],
        samples=len(scored),
        useful=useful,
        threshold=Threshold(setting=bound.setting, value=value),
    )


def rights(scored: Sequence[Scored]) -> list[bool]:
    return [bool(one.right) for one in scored]


def _shares(scored: Sequence[Scored]) -> tuple[float, bool]:
    """The floor, and whether the commonest truth given always would be right less often."""
    commonest = Counter(json.dumps(one.truth) for one in scored).most_common(1)[0][1] / len(scored)
    floor = floor_of(sum(rights(scored)), len(scored))
    return floor, floor > (commonest if commonest < 1 else 0)


def _errors(scored: Sequence[Scored]) -> tuple[float, bool]:
    """The ceiling, and whether the median given always would be further off."""
    pairs = [(vector(one.predicted), vector(one.truth)) for one in scored]
    both = [
        (np.atleast_1d(given), np.atleast_1d(true)) for given, true in pairs if given is not None and true is not None
    ]
    fitting = [(given, true) for given, true in both if given.shape == true.shape == both[0][0].shape]
    errors = [float(np.abs(given - true).mean()) for given, true in fitting]
    truths = np.stack([true for _, true in fitting])
    constant = float(np.abs(truths - np.median(truths, axis=0)).mean())
    ceiling = ceiling_of(errors, [float(np.abs(true).mean()) for true in truths])
    return ceiling, ceiling < constant or not any(errors)
