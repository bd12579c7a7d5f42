import subprocess
import sys
from pathlib import Path

import pytest

from config.errors import ConfigError
from pipelines.cli.printing import answer_console, print_error, print_facts, print_rows, program, say_unknown_commit
from pipelines.live.calling import calling


def test_program_is_named_by_its_path_where_it_is_not_on_the_search_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = tmp_path / ".venv" / "bin" / "amlgpu"
    command.parent.mkdir(parents=True)
    command.touch(mode=0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(command), "run"])

    monkeypatch.setenv("PATH", str(tmp_path))
    assert program() == ".venv/bin/amlgpu"

    monkeypatch.setenv("PATH", str(command.parent))
    assert program() == "amlgpu"


def test_a_path_of_this_program_with_a_space_can_be_pasted_into_a_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = tmp_path / "my proj's" / "bin" / "amlgpu"
    command.parent.mkdir(parents=True)
    command.write_text('#!/bin/sh\necho "the key $2"\n')
    command.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(command), "run"])
    monkeypatch.setenv("PATH", "/usr/bin:/bin")

    pasted = calling("http://127.0.0.1/score", None, f"{program()} key --service x").key
    script = f'set -e\n{pasted}\necho "$SCORING_KEY"'
    told = subprocess.run(["/bin/bash", "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout == "the key --service\n"


def test_what_looks_like_an_emoji_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_facts({"folder": "models/:warning:"}, answer_console())
    print_error(ConfigError("models/:warning: isn't there"))
    printed = capsys.readouterr()
    assert "models/:warning:" in printed.out
    assert "models/:warning:" in printed.err


def test_a_cell_that_is_too_long_is_folded_not_cut(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    print_rows([{"what": "environment", "live": "a" * 40}], answer_console())
    assert capsys.readouterr().out.count("a") == 41  # and the one in "what"


def test_a_reader_who_has_gone_ends_it_quietly_even_where_the_sdk_prints_are_dropped() -> None:
    program = """
import io
from contextlib import redirect_stdout
from pipelines.cli.printing import answer_console
console = answer_console()
with redirect_stdout(io.StringIO()):
    for line in range(100_000):
        console.print(line)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None  # noqa: PT018
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_a_release_of_code_without_a_commit_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    say_unknown_commit()

    assert capsys.readouterr().err == "The code's git commit is recorded as unknown: git isn't installed\n"


def test_what_comes_from_outside_acts_on_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "\x1b]0;owned\x07\u202ename\udcff\nError: forged"
    console = answer_console()

    print_facts({"reason": hostile}, console)
    print_rows([{"file": hostile}], console)
    console.print(hostile, markup=False)
    print_error(ConfigError(hostile))

    printed = capsys.readouterr()
    for acting in ("\x1b", "\x07", "\u202e", "\udcff"):
        assert acting not in printed.out + printed.err
    assert printed.out.count("\nError: forged") == 1  # of what is no value of a line
