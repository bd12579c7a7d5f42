"""Looks at a SavedModel in a process of its own."""

from collections.abc import Sequence
from pathlib import Path

from config.sections.contract import Input, Task
from steps.artifacts.artifact import Part
from steps.registration.contract.child_process import Died, ask
from steps.registration.contract.findings import Inspection, Obstacle, Wishes

TIME_LIMIT = 180.0  # seconds; a model that takes so long to load and answer once starts no service in time
CHILD = "steps.registration.contract.child"


class Request(Part):
    """What the process is asked."""

    saved_model: Path
    input: Input
    task: Task
    labels: tuple[str, ...]
    validation: Path | None
    data_checked: bool


def inspect(
    saved_model: Path,
    wishes: Wishes,
    labels: Sequence[str] = (),
    validation: Path | None = None,
    *,
    data_checked: bool = True,
    time_limit: float = TIME_LIMIT,
) -> Inspection:
    """Read the SavedModel, infer its contract, run it once.

    `labels` are the names in the labels file, empty without one; `validation` is a folder of validation data, in
    whichever form validation reads: what is wrong with it is an obstacle, too, where `data_checked`; else it is only
    what tells of the model.
    """
    request = Request(
        saved_model=saved_model.absolute(),
        input=wishes.input,
        task=wishes.task,
        labels=tuple(labels),
        validation=validation and validation.absolute(),
        data_checked=data_checked,
    )
    try:
        return Inspection.model_validate_json(ask(CHILD, request, time_limit))
    except Died as how:
        return Inspection(obstacles=(not_survived(str(how)),))


def not_survived(how: str) -> Obstacle:
    """That the process with the model didn't live to answer."""
    return Obstacle(
        what=f"TensorFlow didn't survive the model: {how}.",
        where="the model",
        mend="Load it and call its signature in a Python of your own, tf.saved_model.load(DIR).signatures[KEY](…), "
        "and export it anew once that works.",
    )
