"""What tests of SDK v2's jobs share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.integration.emulator.waiting import until

if TYPE_CHECKING:
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import Command as CommandNode
    from azure.ai.ml.entities import Job

Command = Callable[..., "CommandNode"]
"""A command, and where there is one its script, `main.py`; what else `azure.ai.ml.command` takes, by name."""
ENDED = ("Completed", "Failed", "Canceled")


def finish(client: MLClient, job: Job, seconds: float = 30) -> Job:
    """The job when it has ended."""

    def ended() -> Job | None:
        found = client.jobs.get(job.name)
        return found if found.status in ENDED else None

    return until(ended, f"the end of job {job.name}", seconds)
