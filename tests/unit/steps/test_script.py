from collections.abc import Callable
from typing import NoReturn

import pytest

from config.errors import AmlGpuError, DeploymentError, ModelError, NotBlessedError, SmokeTestError
from steps.script import TAG_CHARACTERS, reason_of, run_script
from workspaces.errors import Busy, NotSignedIn, RequestError, Unreachable


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


@pytest.mark.parametrize("kind", [RequestError, Busy, NotSignedIn, Unreachable])
def test_an_error_of_azure_is_a_workspace_error(kind: type[RequestError], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run_script(raising(kind("Received bad response: 409")))

    assert caught.value.code == 7
    printed = capsys.readouterr().err
    assert printed.startswith("error: Azure ML refused or failed a request: ")
    assert "Received bad response: 409" in printed
    assert "Traceback" not in printed


def test_a_fault_of_the_code_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        run_script(raising(ZeroDivisionError()))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (NotBlessedError("m:2 is NOT_BLESSED:\n accuracy 0.4"), "refused: m:2 is NOT_BLESSED: accuracy 0.4"),
        (ModelError("labels.csv is empty"), "refused: labels.csv is empty"),
        (SmokeTestError("service digits failed"), "service digits failed"),
    ],
)
def test_a_reason_is_one_line_that_tells_a_refusal_from_a_failure(error: AmlGpuError, reason: str) -> None:
    assert reason_of(error) == reason


def test_a_long_reason_fits_a_tag() -> None:
    reason = reason_of(ModelError("x" * 2 * TAG_CHARACTERS))
    assert (len(reason), reason[:10], reason[-1]) == (TAG_CHARACTERS, "refused: x", "…")


def test_what_comes_from_outside_acts_on_no_terminal_that_shows_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> None:
        print("file \x1b[2J\udcff")
        raise ModelError("labels.csv line 3: \x1b]0;owned\x07")

    with pytest.raises(SystemExit):
        run_script(main)

    printed = capsys.readouterr()
    assert printed.out == "file \\x1b[2J\\xff\n"
    assert printed.err == "error: labels.csv line 3: \\x1b]0;owned\\x07\n"
