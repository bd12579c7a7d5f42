import subprocess
import sys
from pathlib import Path

import pytest

from config.errors import ConfigError
from pipelines.cli.printing import answer_console, print_error, print_facts, print_rows, program


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
