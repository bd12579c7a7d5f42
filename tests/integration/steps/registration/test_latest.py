"""Which version `latest` is, by the marks that runs leave on the versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azureml.core import Model

    from workspaces.v1.workspace import V1Workspace


def test_latest_never_goes_back_behind_what_was_released(port: V1Workspace, model: Callable[[str], Model]) -> None:
    from steps.registration.versions import find_latest

    model("older").update(tags={})
    released = model("released")
    released.update(tags={"released_by": "run-1", "verdict": "NOT_BLESSED", "verdict_by": "run-2"})
    model("refused").update(tags={"verdict": "NOT_BLESSED", "verdict_by": "run-3"})

    assert find_latest(port, "echo").id == released.id
