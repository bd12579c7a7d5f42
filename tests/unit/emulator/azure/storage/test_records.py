"""What is kept beside a blob's file, and what a kill in the middle of a change leaves of both."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from azureml_emulator.azure.storage.blobs import records
from azureml_emulator.azure.storage.blobs.records import APPEND_BLOB, PLAIN, Properties, Record

OWNED = Properties(metadata={"Owner": "vision"}, headers={"Content-Type": "text/csv"}, blocks=(("MQ==", 3),))
LOG = Properties(APPEND_BLOB, appends=1)


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(tmp_path, "container/blob")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "blob"


def write(record: Record, file: Path, content: bytes, properties: Properties) -> None:
    scratch = file.with_name(f"scratch-{content.decode()}")
    scratch.write_bytes(content)
    record.move(scratch, file, properties)


def block(file: Path, content: bytes) -> Path:
    scratch = file.with_name("block")
    scratch.write_bytes(content)
    return scratch


def killed(work: Callable[[], None], monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> None:
    """Do it until it calls `name`."""

    def end(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, end)
        with pytest.raises(Killed):
            work()


def test_properties_are_those_of_the_blob_that_stands_there(record: Record, file: Path) -> None:
    assert record.properties(file) == PLAIN
    write(record, file, b"one", OWNED)
    assert record.properties(file) == OWNED
    record.change(file, replace(OWNED, metadata={}))
    assert (record.properties(file).metadata, file.read_bytes()) == ({}, b"one")
    write(record, file, b"two", PLAIN)
    assert record.properties(file) == PLAIN
    assert list((file.parent / records.FOLDER).iterdir()) == []


def test_a_file_that_is_written_past_them_has_none(record: Record, file: Path) -> None:
    write(record, file, b"one", OWNED)
    file.write_bytes(b"other")
    assert record.properties(file) == PLAIN
    write(record, file, b"log", LOG)
    record.append(file, block(file, b"!"), replace(LOG, appends=2))
    with file.open("ab") as output:
        output.write(b" and more")
    assert (record.properties(file), file.read_bytes()) == (PLAIN, b"log! and more")


def test_killed_before_a_new_file_is_in_place(record: Record, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(record, file, b"one", OWNED)
    killed(lambda: write(record, file, b"two", LOG), monkeypatch, Path, "replace")
    assert (record.properties(file), file.read_bytes()) == (OWNED, b"one")
    killed(lambda: write(record, file, b"two", PLAIN), monkeypatch, Record, "forget")
    assert (record.properties(file), file.read_bytes()) == (PLAIN, b"two")


def test_killed_before_properties_are_others(record: Record, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(record, file, b"one", OWNED)
    killed(lambda: record.change(file, LOG), monkeypatch, os, "utime")
    assert record.properties(file) == OWNED


@pytest.mark.parametrize(("owner", "name"), [(shutil, "copyfileobj"), (os, "utime")])
def test_killed_while_it_appends(
    record: Record, file: Path, monkeypatch: pytest.MonkeyPatch, owner: object, name: str
) -> None:
    """None of the block is there afterwards, whether some of it was written or all."""
    write(record, file, b"one", LOG)
    before = file.stat().st_mtime_ns
    killed(lambda: record.append(file, block(file, b"two"), replace(LOG, appends=2)), monkeypatch, owner, name)
    with file.open("ab") as output:
        output.write(b"t" if name == "copyfileobj" else b"")
    assert (record.properties(file), file.read_bytes(), file.stat().st_mtime_ns) == (LOG, b"one", before)
    record.append(file, block(file, b"two"), replace(LOG, appends=2))
    assert (record.properties(file).appends, file.read_bytes()) == (2, b"onetwo")


def test_killed_when_all_was_appended(record: Record, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody else writes then stays, too."""
    write(record, file, b"one", LOG)
    appended = replace(LOG, appends=2)
    killed(lambda: record.append(file, block(file, b"two"), appended), monkeypatch, Record, "_finish")
    assert (record.properties(file), file.read_bytes()) == (appended, b"onetwo")
    file.write_bytes(b"other")
    assert (record.properties(file), file.read_bytes()) == (PLAIN, b"other")


def test_no_room_for_a_block(record: Record, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(source: object, output: object) -> None:
        output.write(b"t")  # type: ignore[attr-defined]
        raise OSError(28, "No space left on device")

    write(record, file, b"one", LOG)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfileobj", half)
        with pytest.raises(OSError, match="No space left"):
            record.append(file, block(file, b"two"), replace(LOG, appends=2))
    assert (record.properties(file), file.read_bytes()) == (LOG, b"one")


def test_a_record_that_was_cut_off_is_none(record: Record, file: Path) -> None:
    write(record, file, b"one", OWNED)
    (kept,) = (file.parent / records.FOLDER).iterdir()
    kept.write_bytes(kept.read_bytes()[:10])
    assert record.properties(file) == PLAIN
