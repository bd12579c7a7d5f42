"""A service that is Healthy before its front end passes requests on to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from config.settings import Settings
from tests.integration.emulator.waiting import Emulator
from tests.integration.steps.releasing import deploy
from workspaces.models import ModelVersion
from workspaces.services import HEALTHY, Revision

if TYPE_CHECKING:
    from workspaces.v1.workspace import V1Workspace

LAG = {"operation": "POST /modelmanagement/v1.0/services", "routing_lag": 600, "status": 503}


@pytest.fixture
def tell(emulator: Emulator) -> Iterator[Callable[..., object]]:
    """What only the local workspace has: `tell("/own/clock", advance=600)`."""
    from azureml_emulator.command.client import ask

    yield lambda path, **values: ask(emulator.folder, "POST", path, values)
    ask(emulator.folder, "DELETE", "/own/faults")


def test_it_is_waited_for_as_long_as_the_settings_say(
    tell: Callable[..., object],
    port: V1Workspace,
    settings: Settings,
    revision: Callable[..., Revision],
    version: Callable[[str], ModelVersion],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from steps.querying.queries import failures, query

    tell("/own/faults", **LAG)
    deployment = deploy(port, settings, revision(version("one"), "run-1"), "run-1")
    state, (key, _) = port.services.find(deployment.service_name), port.services.keys(deployment.service_name)
    assert state is not None
    assert state.state == HEALTHY
    smoke_test = settings.smoke_test.model_copy(update={"first_answer_seconds": 0})
    impatient = settings.model_copy(update={"smoke_test": smoke_test})

    queries, _ = query(deployment.scoring_uri, key, deployment, [], impatient)
    (failed,) = failures(queries)
    assert failed.startswith("first_answer: none in 0.")
    assert "the last was 503: " in failed

    monkeypatch.setattr(time, "sleep", lambda _: tell("/own/clock", advance=600))
    queries, _ = query(deployment.scoring_uri, key, deployment, [], settings)
    passed = {each.name for each in queries if each.passed}
    assert passed >= {"first_answer", "key_required"}
    monkeypatch.undo()
    port.services.delete(deployment.service_name)
