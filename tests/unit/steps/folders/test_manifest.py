"""The manifest of validation data whose files somebody writes meanwhile."""

from pathlib import Path
from threading import Event, Thread

import pytest

from config.errors import ModelError
from steps.folders.manifest import manifest_of


def test_a_file_that_grows_while_it_is_read_is_named(tmp_path: Path) -> None:
    file, stop = tmp_path / "a", Event()
    file.write_bytes(b"1" * 3_000_000)

    def grow() -> None:
        with file.open("ab", buffering=0) as output:
            while not stop.is_set():
                output.write(b"2" * 1000)

    writer = Thread(target=grow)
    writer.start()
    try:
        with pytest.raises(ModelError, match="a has changed while it was read: run this again when nothing"):
            read_often(tmp_path, file)
    finally:
        stop.set()
        writer.join()


def read_often(folder: Path, file: Path) -> None:
    for _ in range(1000):
        manifest_of(folder, {"a": file})


def test_a_file_that_has_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="a has gone while the folder was read"):
        manifest_of(tmp_path, {"a": tmp_path / "a"})
