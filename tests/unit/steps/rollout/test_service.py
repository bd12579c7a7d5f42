"""What is said of a service that doesn't start."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from config.errors import DeploymentError
from steps.rollout.service import wait_healthy
from workspaces.workspace import Workspace

AZURE = "User container has crashed or terminated: see the troubleshooting guide"
CHAIN = """Traceback (most recent call last):
  File "score.py", line 46, in init
scoring.errors.StartupError: The files of digits:4 were changed after validation. Register the model anew.

The above exception was the direct cause of the following exception:

azureml_inference_server_http.server.user_script.UserScriptException: Caught an unhandled exception
"""


def said(log: str) -> list[str]:
    """The lines that end a release whose service has this log."""
    services: dict[str, Any] = {"wait": lambda *_: AZURE, "find": lambda _: None, "log": lambda *_: log}
    workspace = SimpleNamespace(services=SimpleNamespace(**services))
    with pytest.raises(DeploymentError) as caught:
        wait_healthy(cast(Workspace, workspace), "digits", 1)
    return str(caught.value).splitlines()


def test_the_first_line_which_the_closing_panel_shows_has_what_the_scoring_code_says() -> None:
    first, second = said(CHAIN)
    assert first == (
        "service digits was not deployed: The files of digits:4 were changed after validation. Register the model anew."
    )
    assert second == f"Azure ML says: {AZURE}"


def test_else_it_has_what_azure_ml_says() -> None:
    first, second = said("Worker was sent SIGKILL! Perhaps out of memory?")
    assert first == f"service digits was not deployed: {AZURE}"
    assert second == "Its log says: Worker was sent SIGKILL! Perhaps out of memory?"
