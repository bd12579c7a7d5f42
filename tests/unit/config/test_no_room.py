"""The operating system's own refusal, by a device that is always full."""

import shutil
from pathlib import Path

import pytest

from config.no_room import no_room

FULL = Path("/dev/full")
pytestmark = pytest.mark.skipif(not FULL.exists(), reason="/dev/full is Linux's")


def write_to_a_full_disk() -> None:
    FULL.write_bytes(bytes(10))


def copy_to_a_full_disk(folder: Path) -> None:
    (folder / "from").mkdir()
    (folder / "from" / "file").write_bytes(bytes(10))
    (folder / "to").mkdir()
    (folder / "to" / "file").symlink_to(FULL)
    shutil.copytree(folder / "from", folder / "to", dirs_exist_ok=True)


def test_a_full_disk_is_the_root_cause_however_deep_it_lies() -> None:
    try:
        try:
            write_to_a_full_disk()
        except OSError as error:
            raise ValueError("the SDK couldn't upload") from error
    except ValueError as error:
        told = str(no_room(error))
    assert told.startswith("There is no room on the disk")
    assert "make some" in told


def test_so_it_is_of_many_files(tmp_path: Path) -> None:
    with pytest.raises(shutil.Error) as raised:
        copy_to_a_full_disk(tmp_path)
    assert no_room(raised.value) is not None


def test_any_other_refusal_is_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised:
        (tmp_path / "none").read_bytes()
    assert no_room(raised.value) is None
