"""What each kind of task makes of a model's outputs. A new one is a module and a line here, and in the contract."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from scoring.contract import Task, TaskKind
from scoring.tasks import binary, classification, multilabel, regression, tensors
from scoring.tasks.answer import Answer, Array


@dataclass(frozen=True)
class Reading:
    """How outputs are read. Both take the arrays in the order of model.network.Network.outputs."""

    answers: Callable[[Task, Sequence[Array]], list[Answer]]
    """One answer a row."""

    check: Callable[[Task, Sequence[Array]], None]
    """StartupError where the outputs of a probe aren't what the task says."""


READINGS: Mapping[TaskKind, Reading] = {
    "classification": Reading(classification.answers, classification.check),
    "multilabel": Reading(multilabel.answers, multilabel.check),
    "binary": Reading(binary.answers, binary.check),
    "regression": Reading(regression.answers, regression.check),
    "tensors": Reading(tensors.answers, tensors.check),
}
