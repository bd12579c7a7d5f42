"""The end of a log, and its making into text."""

from pathlib import Path

import pytest

from azureml_emulator.execution.logtail import first_error, log_tail, make_text


@pytest.mark.parametrize(("limit", "expected"), [(1000, "first\nlast ä\n"), (6, "ast ä\n"[-5:]), (2, "\ufffd\n")])
def test_no_more_than_asked_for(tmp_path: Path, limit: int, expected: str) -> None:
    log = tmp_path / "std_log.txt"
    log.write_text("first\nlast ä\n", encoding="utf-8")
    assert log_tail(log, limit) == expected


def test_a_log_larger_than_memory(tmp_path: Path) -> None:
    log = tmp_path / "std_log.txt"
    with log.open("wb") as file:
        file.truncate(2**42)
        file.seek(2**42)
        file.write(b"end")
    assert log_tail(log, 3) == "end"


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"a\xe4\n\xff", "a\\xe4\n\\xff"), ("ä\r\n\0".encode(), "ä\r\n\0"), (b"", ""), (b"\xc3", "\\xc3")],
)
def test_text(tmp_path: Path, content: bytes, expected: str) -> None:
    """A client that reads a log decodes it strictly."""
    log = tmp_path / "std_log.txt"
    log.write_bytes(content)
    make_text(log)
    assert log.read_bytes().decode() == expected
    assert list(tmp_path.iterdir()) == [log]


def test_the_first_error_is_the_cause() -> None:
    """The server of scoring scripts raises its own on top of it."""
    log = """starts
Traceback (most recent call last):
  File "score.py", line 1
    def init(:
             ^
SyntaxError: invalid syntax

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "user_script.py", line 79, in load_script
    raise UserScriptImportException(ex) from ex
UserScriptImportException: Failed to import user script
"""
    assert first_error(log) == "SyntaxError: invalid syntax"
    assert first_error("Traceback (most recent call last):\n") == first_error("Killed\n") == ""
