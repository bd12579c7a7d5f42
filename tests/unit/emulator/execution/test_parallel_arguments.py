"""What the SDK hands to the driver of a ParallelRunStep."""

import sys
from pathlib import Path

import pytest

import azureml_emulator

GIVEN = ["--scoring_module_name", "score.py", "--mini_batch_size", "5", "--output_action", "append_row"]


@pytest.fixture(autouse=True)
def _path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(azureml_emulator.__file__).parent / "execution" / "parallel"))


@pytest.mark.parametrize(("text", "size"), [("5", 5), ("3kb", 3072), ("10MB", 10 << 20), ("1GB", 1 << 30)])
def test_sizes(text: str, size: int) -> None:
    from parallel_run_driver.arguments import Arguments

    assert Arguments.parse([*GIVEN, "--mini_batch_size", text]).mini_batch_size == size


@pytest.mark.parametrize("text", ["0", "-1", "many", "5TB", ""])
def test_no_sizes(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    from parallel_run_driver.arguments import Arguments

    with pytest.raises(SystemExit):
        Arguments.parse([*GIVEN, "--mini_batch_size", text])
    assert "mini batch size" in capsys.readouterr().err or text.startswith("-")


def test_inputs_and_what_is_the_scripts_own(monkeypatch: pytest.MonkeyPatch) -> None:
    from parallel_run_driver.arguments import Arguments

    own = ["--output", "/out", "--input_fds_0", "images", "--model", "x", "--input_ds_1", "rows", "--out", "y"]
    monkeypatch.setattr(sys, "argv", ["driver", *GIVEN, *own])
    found = Arguments.of_this_process()
    assert (found.inputs, found.output) == ((("files", "images"), ("table", "rows")), "/out")
    assert (found.run_max_try, found.run_invocation_timeout, found.error_threshold) == (3, 60, -1)
