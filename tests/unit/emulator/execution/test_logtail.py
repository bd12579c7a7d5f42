"""The end of a log."""

from pathlib import Path

import pytest

from azureml_emulator.execution.logtail import log_tail


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
