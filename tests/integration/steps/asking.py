"""A stand-in for the queries of staged proof, smoke test and rollback, whose model needs no TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import requests

from config.settings import Settings
from steps.artifacts.candidate import Candidate
from steps.artifacts.deployment import Deployment
from steps.artifacts.release import Query
from workspaces.services import ServiceState

if TYPE_CHECKING:
    from workspaces.v2.workspace import V2Workspace


class Asked:
    """Asks the echo itself, and believes some answers."""

    def __init__(self) -> None:
        self.refused: set[tuple[str, bool]] = set()
        """Contents of models that aren't believed, as a candidate (True) or live (False)."""
        self.answers: list[dict[str, Any]] = []
        self.then: Callable[[], None] = lambda: None
        """What happens while a candidate is asked."""

    def __call__(
        self,
        workspace: V2Workspace,
        name: str,
        state: ServiceState,
        _candidate: Candidate,
        _deployment: Deployment,
        _settings: Settings,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[tuple[Query, ...], tuple[()]]:
        sent = {"Authorization": f"Bearer {workspace.services.keys(name)[0]}", **(headers or {})}
        answer = requests.post(str(state.scoring_uri), headers=sent, json={}, timeout=30).json()
        self.answers.append(answer)
        if headers:
            self.then()
        passed = (answer["model"], bool(headers)) not in self.refused
        return (Query(name="answers", passed=passed, detail=answer["model"]),), ()
