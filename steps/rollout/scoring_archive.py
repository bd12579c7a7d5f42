"""The scoring code of a release as one file: a zip that is written from a folder, and unpacked whole or not at all."""

import errno
import zipfile
import zlib
from pathlib import Path
from struct import error as StructError  # noqa: N812 -- its own name says nothing
from tempfile import TemporaryDirectory

from steps.folders.tree import files_in

LARGEST = 64 * 2**20
"""Bytes of all files together, unpacked."""
MOST_FILES = 10_000
TAKEN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
DAMAGED = (zipfile.BadZipFile, zlib.error, StructError, EOFError, ValueError, RuntimeError)
"""What zipfile and zlib raise of bytes that are no whole archive; RuntimeError where they seem encrypted."""
DAMAGED_PATHS = (errno.EINVAL, errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG)
"""What the system says of a place before the file's beginning, or of paths that can't be; not of a full disk."""


class ArchiveError(Exception):
    """The archive isn't whole, or holds more than it may; the message is a clause."""


def pack(source: Path, archive: Path) -> None:
    """Write every file below ``source``. ArchiveError where unpack() wouldn't take it."""
    files = sorted(files_in(source).values())
    _check(len(files), sum(path.stat().st_size for path in files))
    # Of checkouts that have no times, as of Nix or Bazel: a zip knows none before 1980.
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as packed:
        for path in files:
            packed.write(path, path.relative_to(source))


def unpack(archive: Path, folder: Path) -> None:
    """Write the files into ``folder``, which appears when all of them are there. ArchiveError for any other archive."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent) as work:
        whole = Path(work) / folder.name
        whole.mkdir()
        try:
            with zipfile.ZipFile(archive) as packed:
                entries = packed.infolist()
                # No more than an entry's file_size is ever read of it.
                _check(len(entries), sum(entry.file_size for entry in entries))
                if any(entry.compress_type not in TAKEN for entry in entries):
                    raise ArchiveError("it is damaged: an unknown compression")
                packed.extractall(whole)
        except (*DAMAGED, OSError) as error:
            if isinstance(error, OSError) and error.errno not in DAMAGED_PATHS:
                raise
            raise ArchiveError(f"it is damaged: {error}") from None
        whole.replace(folder)


def _check(count: int, size: int) -> None:
    if count > MOST_FILES or size > LARGEST:
        raise ArchiveError(
            f"it holds {count:,} files of {size:,} bytes, more than the {MOST_FILES:,} of {LARGEST:,} that it may"
        )
