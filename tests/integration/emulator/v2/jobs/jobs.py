"""What tests of SDK v2's jobs share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.integration.emulator.waiting import until

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

Command = Callable[..., Any]
"""A command, and where there is one its script, `main.py`; what else `azure.ai.ml.command` takes, by name."""
ENDED = ("Completed", "Failed", "Canceled")


def pipeline(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    """As the decorator of the SDK makes it, whose own types know none of its uses."""
    from azure.ai.ml import dsl

    decorate: Any = dsl.pipeline
    made: Callable[..., Any] = decorate(**options)(function)
    return made


def finish(client: MLClient, job: Any, seconds: float = 30) -> Any:
    """The job when it has ended."""

    def ended() -> Any:
        found = client.jobs.get(job.name)
        return found if found.status in ENDED else None

    return until(ended, f"the end of job {job.name}", seconds)
