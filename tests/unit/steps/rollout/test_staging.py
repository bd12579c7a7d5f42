"""A candidate that can't be removed again: what the release says then."""

from types import SimpleNamespace
from typing import cast

import pytest

from config.errors import AmlGpuError, SmokeTestError, WorkspaceError
from config.settings import Settings
from steps.rollout.staging import removed_on_failure
from workspaces.workspace import Workspace


def removing(error: AmlGpuError | None, asked: list[tuple[str, str | None]]) -> Workspace:
    """A workspace that notes what is unstaged, or refuses to."""

    def unstage(name: str, run_id: str | None) -> None:
        asked.append((name, run_id))
        if error:
            raise error

    return cast(Workspace, SimpleNamespace(services=SimpleNamespace(unstage=unstage)))


@pytest.fixture
def settings() -> Settings:
    return cast(Settings, SimpleNamespace(service=SimpleNamespace(deploy_timeout_seconds=1)))


def test_the_reason_of_a_failure_is_said_before_what_its_removal_met(settings: Settings) -> None:
    workspace = removing(WorkspaceError("the workspace is gone"), [])
    with pytest.raises(SmokeTestError) as caught, removed_on_failure(workspace, "digits", settings, "run-1"):
        raise SmokeTestError("digits:3, staged, failed 1 query\nquery 1: 500")
    assert str(caught.value).splitlines() == [
        "digits:3, staged, failed 1 query",
        "query 1: 500",
        "What was staged for digits stays until the next run removes it: the workspace is gone",
    ]


def test_what_was_staged_goes_with_any_failure_and_stays_without_one(settings: Settings) -> None:
    asked: list[tuple[str, str | None]] = []
    with removed_on_failure(removing(None, asked), "digits", settings, "run-1"):
        pass
    assert asked == []
    with pytest.raises(KeyboardInterrupt), removed_on_failure(removing(None, asked), "digits", settings, "run-1"):
        raise KeyboardInterrupt
    assert asked == [("digits", "run-1")]


def test_what_nobody_foresaw_is_not_hidden_by_what_its_removal_met(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = removing(WorkspaceError("the workspace is gone"), [])
    with pytest.raises(KeyboardInterrupt), removed_on_failure(workspace, "digits", settings, "run-1"):
        raise KeyboardInterrupt
    assert capsys.readouterr().out.endswith("stays until the next run removes it: the workspace is gone\n")
