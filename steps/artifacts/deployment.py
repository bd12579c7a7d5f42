"""deployment.json: what was done to the service, and what it ran before."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field
from typing_extensions import Self

from steps.artifacts.artifact import Artifact
from steps.artifacts.verdict import Answer, Status
from workspaces.services import ServiceState

Action = Literal["created", "updated", "unchanged", "superseded"]
DONE_BEFORE: tuple[tuple[Action, Action], ...] = (("created", "unchanged"), ("updated", "unchanged"))
"""What a step did, and what is left to do for it when it is started again."""


class Deployment(Artifact):
    """What was done to the service, and what it ran before."""

    file_name: ClassVar[str] = "deployment.json"
    step: ClassVar[str] = "deploy_service"

    service_name: str
    action: Action
    model_name: str
    model_version: int
    environment: str
    scoring_uri: str
    replicas: int
    verdict: Status
    forced_reason: str | None
    """Why somebody deployed without BLESSED."""
    previous: ServiceState | None
    """What it ran before this run; None: there was no such service."""
    proven: ServiceState | None = None
    """What was proven last, and a smoke test that fails goes back to; None: there was no such service. It is another
    than ``previous`` where a run before this one was killed."""
    answers: tuple[Answer, ...]
    """Taken from the verdict, the rightly answered images first."""
    tags: dict[str, str] = Field(default_factory=dict)
    """Those that the service was given; empty in a file of an earlier version."""
    environment_version: str | None = None
    """None in a file of an earlier version."""
    variables: dict[str, str] | None = None
    """Environment variables of the service; None in a file of an earlier version."""
    run_id: str

    def decides(self) -> Mapping[str, object]:
        """All but ``previous`` and ``action``: what was created or updated is found unchanged afterwards."""
        return self.model_dump(exclude={"previous", "action"})

    def agrees_with(self, found: Self) -> bool:
        """Whether this may have been recorded by an earlier life of the step, which now has ``found`` what it says."""
        done = (self.action, found.action)
        return super().agrees_with(found) and (done[0] == done[1] or done in DONE_BEFORE)

    @property
    def model(self) -> str:
        """``name:version``."""
        return f"{self.model_name}:{self.model_version}"
