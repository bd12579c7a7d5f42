"""Names whose bytes aren't UTF-8."""

import os
from pathlib import Path

import pytest

from azureml_emulator.state.disk.file_names import files_below, is_text, readable, spell_out


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"plain.txt", "plain.txt"),
        ("ä €.txt".encode(), "ä €.txt"),
        (b"caf\xe9.txt", r"caf\xe9.txt"),
        (b"a\nb\\", "a\nb\\"),
    ],
)
def test_readable(name: bytes, expected: str) -> None:
    found = os.fsdecode(name)
    assert readable(found) == expected
    assert is_text(found) is (found == expected)


def test_spelled_out(tmp_path: Path) -> None:
    """Folders, too; a name that is taken keeps what it has."""
    (tmp_path / os.fsdecode(b"f\xff")).mkdir()
    (tmp_path / os.fsdecode(b"f\xff") / os.fsdecode(b"\xe9")).write_text("inside")
    (tmp_path / r"\xe9").write_text("first")
    (tmp_path / os.fsdecode(b"\xe9")).write_text("second")
    spell_out(tmp_path)
    assert (tmp_path / r"f\xff" / r"\xe9").read_text() == "inside"
    assert (tmp_path / r"\xe9").read_text() == "first"
    assert (tmp_path / os.fsdecode(b"\xe9")).read_text() == "second"


def test_files_below(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "one").write_text("1")
    (tmp_path / "link").symlink_to(tmp_path / "deep" / "one")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "dangling").symlink_to("/nowhere")
    os.mkfifo(tmp_path / "pipe")
    assert [file.relative_to(tmp_path).as_posix() for file in files_below(tmp_path)] == ["link", "deep/one"]
