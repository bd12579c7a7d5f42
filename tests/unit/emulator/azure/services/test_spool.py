"""Bodies on their way through the router: in memory or in a file, and never too many."""

from __future__ import annotations

from pathlib import Path

import pytest

from azureml_emulator.azure.services.routing import spool
from azureml_emulator.azure.services.routing.spool import NoRoomError, Spools


@pytest.fixture
def spools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spools:
    """Of small limits."""
    for name, limit in (("SMALL", 10), ("MEMORY", 15), ("DISK", 100)):
        monkeypatch.setattr(spool, name, limit)
    return Spools(tmp_path)


def test_a_small_body_stays_in_memory(spools: Spools) -> None:
    body = spools.new()
    for piece in (b"abc", b"", b"defghij"):
        body.write(piece)
    assert (body.size, body.whole(), b"".join(body.pieces())) == (10, b"abcdefghij", b"abcdefghij")
    assert (spools.in_memory, spools.on_disk) == (10, 0)


def test_a_larger_one_goes_to_a_file_that_has_no_name(spools: Spools, tmp_path: Path) -> None:
    body = spools.new()
    for piece in (b"abc", b"defghij", b"k", b"lm"):
        body.write(piece)
    assert (body.size, body.whole()) == (13, None)
    assert [b"".join(body.pieces()) for _ in range(2)] == [b"abcdefghijklm"] * 2
    assert (spools.in_memory, spools.on_disk, list(tmp_path.iterdir())) == (0, 13, [])


def test_many_small_ones_go_to_files_too(spools: Spools) -> None:
    bodies = [spools.new() for _ in range(3)]
    for body in bodies:
        body.write(b"abcdefgh")
    assert [body.whole() for body in bodies] == [b"abcdefgh", None, None]
    assert (spools.in_memory, spools.on_disk) == (8, 16)


def test_what_is_cleared_leaves_room(spools: Spools) -> None:
    bodies = [spools.new() for _ in range(2)]
    for _ in range(3):
        for body, piece in zip(bodies, (b"x" * 8, b"y" * 90), strict=True):
            body.write(piece)
        for body in bodies:
            body.clear()
            body.clear()
        assert (spools.in_memory, spools.on_disk, [body.size for body in bodies]) == (0, 0, [0, 0])


def test_too_much_at_once_is_refused(spools: Spools) -> None:
    one, other = spools.new(), spools.new()
    one.write(b"x" * 90)
    with pytest.raises(NoRoomError, match="90 bytes of large bodies"):
        other.write(b"y" * 20)
    other.clear()
    assert (spools.in_memory, spools.on_disk) == (0, 90)


def test_a_body_that_grows_out_of_memory_without_room_leaves_nothing(spools: Spools) -> None:
    one, other = spools.new(), spools.new()
    one.write(b"x" * 95)
    other.write(b"y" * 9)
    with pytest.raises(NoRoomError):
        other.write(b"y" * 9)
    other.clear()
    assert (spools.in_memory, spools.on_disk) == (0, 95)


def test_a_file_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    body = Spools(tmp_path / "gone").new()
    with pytest.raises(NoRoomError, match="No such file or directory"):
        body.write(b"x" * (spool.SMALL + 1))
