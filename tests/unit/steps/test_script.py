from collections.abc import Callable
from types import SimpleNamespace
from typing import NoReturn

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from azureml.exceptions import WebserviceException

from config.errors import AmlGpuError, DeploymentError, ModelError, NotBlessedError, SmokeTestError
from steps.script import pipeline_run_id, run_script


def raising(error: Exception) -> Callable[[], NoReturn]:
    def main() -> NoReturn:
        raise error

    return main


@pytest.mark.parametrize("kind", [AmlGpuError, ModelError, NotBlessedError, DeploymentError, SmokeTestError])
def test_an_error_of_ours_is_one_message_and_its_exit_code(
    kind: type[AmlGpuError], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        run_script(raising(kind("labels.csv line 3: too short")))

    assert caught.value.code == kind.exit_code
    assert capsys.readouterr().err == "error: labels.csv line 3: too short\n"


@pytest.mark.parametrize(
    "error",
    [
        WebserviceException("Received bad response: 409"),
        ClientAuthenticationError("Received bad response: 409"),
        requests.ConnectionError("Received bad response: 409"),
    ],
)
def test_an_error_of_azure_is_a_workspace_error(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run_script(raising(error))

    assert caught.value.code == 7
    printed = capsys.readouterr().err
    assert printed.startswith("error: Azure ML refused or failed a request: ")
    assert "Received bad response: 409" in printed
    assert "Traceback" not in printed


def test_a_fault_of_the_code_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        run_script(raising(ZeroDivisionError()))


@pytest.mark.parametrize(("root", "expected"), [("pipeline-run", "pipeline-run"), (None, "step-run")])
def test_a_step_names_the_pipeline_run_that_it_belongs_to(
    root: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZUREML_ROOT_RUN_ID", raising=False)
    if root:
        monkeypatch.setenv("AZUREML_ROOT_RUN_ID", root)
    assert pipeline_run_id(SimpleNamespace(id="step-run")) == expected
