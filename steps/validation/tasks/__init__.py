"""How each kind of task is judged. A new one is a module and a line here, and in scoring/tasks and the contract."""

from collections.abc import Callable, Mapping

from config.settings import Validation
from scoring.contract import Contract, TaskKind
from steps.validation.tasks.binary import Binary
from steps.validation.tasks.classification import Classification
from steps.validation.tasks.multilabel import Multilabel
from steps.validation.tasks.regression import Regression
from steps.validation.tasks.task import Task
from steps.validation.tasks.tensors import Tensors

JUDGES: Mapping[TaskKind, Callable[[Contract, Validation], Task]] = {
    "classification": Classification.of,
    "multilabel": Multilabel.of,
    "binary": Binary.of,
    "regression": Regression.of,
    "tensors": Tensors.of,
}


def judge_of(contract: Contract | None, thresholds: Validation) -> Task:
    """How a model of this contract is judged; None: a classifier whose classes are numbers."""
    return JUDGES[contract.task.kind](contract, thresholds) if contract else Classification()
