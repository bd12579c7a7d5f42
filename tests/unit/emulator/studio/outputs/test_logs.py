from pathlib import Path

from azureml_emulator.studio.contents.outputs.logs import Log, read_log


def test_no_log_yet(tmp_path: Path) -> None:
    assert read_log(tmp_path / "none.txt") == Log("", 0, 0)


def test_what_came_since(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_text("one\n")
    first = read_log(log)
    log.write_text("one\ntwo\n")
    assert (first.text, read_log(log, first.end).text, read_log(log, first.end).end) == ("one\n", "two\n", 8)
    assert read_log(log, 8) == read_log(log, 1000) == Log("", 8, 8)


def test_a_long_log_is_shown_from_a_whole_line(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_text("first line\nsecond line\n")
    assert read_log(log, limit=15) == Log("second line\n", 11, 23)
    log.write_text("x" * 100)
    assert read_log(log, limit=15) == Log("x" * 15, 85, 100)


def test_a_character_is_not_torn(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_bytes("a€".encode())
    first = read_log(log, 0, limit=3)
    assert first == Log("a", 0, 1)
    assert read_log(log, first.end).text == "€"


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_bytes(b"\xff ok\n")
    assert read_log(log) == Log("\ufffd ok\n", 0, 5)
