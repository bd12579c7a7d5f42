"""An archive of scoring code is unpacked whole, or not at all."""

import os
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile

import pytest

from steps.registration.saved_model import content_hash
from steps.rollout.scoring_archive import LARGEST, ArchiveError, pack, unpack

CODE = b"print('code')\n" * 20


def archived(path: Path, method: int, *names: str) -> Path:
    with ZipFile(path, "w", method) as packed:
        for name in names:
            packed.writestr(name, CODE)
    return path


def test_what_is_packed_is_unpacked(tmp_path: Path) -> None:
    source = tmp_path / "source" / "scoring"
    source.mkdir(parents=True)
    (source / "score.py").write_bytes(CODE)
    os.utime(source / "score.py", (0, 0))  # before 1980, which is a zip's first year

    pack(tmp_path / "source", tmp_path / "source.zip")
    unpack(tmp_path / "source.zip", tmp_path / "there")

    assert content_hash(tmp_path / "there") == content_hash(tmp_path / "source")


@pytest.mark.parametrize("method", [ZIP_STORED, ZIP_DEFLATED])
@pytest.mark.parametrize("where", [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98])
def test_a_damaged_archive_leaves_nothing(tmp_path: Path, method: int, where: float) -> None:
    archive = archived(tmp_path / "source.zip", method, "scoring/score.py", "scoring/images.py")
    whole = archive.read_bytes()
    at = int(len(whole) * where)
    for damaged in (whole[:at], whole[:at] + b"\xff" * 8 + whole[at + 8 :]):
        archive.write_bytes(damaged)
        try:
            unpack(archive, tmp_path / "there")
        except ArchiveError:
            assert [path.name for path in tmp_path.iterdir()] == ["source.zip"]
        else:  # what was hit is a time, or the like
            assert {path.read_bytes() for path in (tmp_path / "there").rglob("*.py")} == {CODE}
            return


def test_an_archive_that_would_fill_the_disk_is_not_unpacked(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "source.zip", "w", ZIP_DEFLATED) as packed, packed.open("scoring/score.py", "w") as file:
        for _ in range(LARGEST // 2**20 + 1):
            file.write(bytes(2**20))

    with pytest.raises(ArchiveError, match="more than the 10,000 of 67,108,864 that it may"):
        unpack(tmp_path / "source.zip", tmp_path / "there")


@pytest.mark.parametrize(
    ("method", "names"), [(ZIP_LZMA, ["scoring/score.py"]), (ZIP_STORED, ["scoring", "scoring/score.py"])]
)
def test_what_pack_never_writes_is_not_taken(tmp_path: Path, method: int, names: list[str]) -> None:
    archive = archived(tmp_path / "source.zip", method, *names)

    with pytest.raises(ArchiveError, match="damaged"):
        unpack(archive, tmp_path / "there")
