"""Whose name is which of a model's classes, where the samples name them and nobody says the model's order."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from scoring.contract import Task
from steps.registration.contract.inference.answers import NAMED
from steps.validation.tasks.task import Scored, whole

BINARY = 2


def named(task: Task, names: Sequence[str]) -> Task:
    """The task with its classes called by the samples' ``names``, in their order; as it is where those aren't all."""
    width = BINARY if task.kind == "binary" else task.outputs[0].shape[-1] if task.outputs[0].shape else None
    own = task.label_output is not None and task.label_output.dtype == "string"
    lines = all(name.splitlines() == [name.strip()] for name in names)  # as their file has them
    if task.labels or task.kind not in NAMED or own or len(names) != width or not lines:
        return task
    return task.model_copy(update={"labels": tuple(names)})


def matched_order(names: Sequence[str], scored: Sequence[Scored]) -> tuple[str, ...] | None:
    """The names by the class that the model gives most samples of each; None where two share one, or it is known.

    ``names`` are in the order by which the samples' truths were numbered.
    """
    given: dict[int, Counter[int]] = defaultdict(Counter)
    for one in scored:
        truth, predicted = whole(one.truth), whole(one.predicted)
        if truth is not None and predicted is not None:
            given[truth][predicted] += 1
    places = {truth: counted.most_common(1)[0][0] for truth, counted in given.items()}
    if sorted(places.values()) != list(range(len(names))):
        return None
    order = tuple(names[truth] for truth, _ in sorted(places.items(), key=lambda pair: pair[1]))
    return None if order == tuple(names) else order
