"""Tries the settings that a SavedModel doesn't tell, in a process of its own."""

from collections.abc import Sequence
from pathlib import Path

from steps.artifacts.artifact import Part
from steps.registration.contract.child_process import Died, ask
from steps.registration.contract.exploration.results import Exploration
from steps.registration.contract.findings import Inspection
from steps.registration.contract.inspection import not_survived

TIME_LIMIT = 360.0
"""Seconds for all: loading the model twice, the trial's 90 seconds, reading the samples."""
CHILD = "steps.registration.contract.exploration.child"


class Request(Part):
    """What the process is asked."""

    saved_model: Path
    labels: tuple[str, ...]
    validation: Path | None


def explore_apart(
    saved_model: Path, labels: Sequence[str] = (), validation: Path | None = None, time_limit: float = TIME_LIMIT
) -> Exploration:
    """As exploring.explore(), which says what the arguments are; that the process dies is an obstacle."""
    request = Request(
        saved_model=saved_model.absolute(), labels=tuple(labels), validation=validation and validation.absolute()
    )
    try:
        return Exploration.model_validate_json(ask(CHILD, request, time_limit))
    except Died as how:
        return Exploration(inspection=Inspection(obstacles=(not_survived(str(how)),)))
