"""Join the parts in a folder and unpack them: `python3 unpack.py FOLDER [INTO]`, with Python 3.12.

Nothing is installed where it runs: the wheel of zstandard lies beside it.
"""

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from shutil import which

TREE = Path("/opt/amlgpu")
WINDOW = 2**27  # bytes, as pack.sh packs
PIECE = 2**20


class Joined:
    """Parts, read as one file."""

    def __init__(self, parts: Sequence[Path]) -> None:
        self._pieces = _pieces(parts)

    def read(self, _: int = -1) -> bytes:
        return next(self._pieces, b"")


def _pieces(parts: Sequence[Path]) -> Iterator[bytes]:
    for part in parts:
        with part.open("rb") as file:
            while data := file.read(PIECE):
                yield data


def unpack(parts: Sequence[Path], into: Path) -> None:
    """SystemExit where one is missing or damaged."""
    with tempfile.TemporaryDirectory() as modules:
        zipfile.ZipFile(next(Path(__file__).parent.glob("zstandard-*.whl"))).extractall(modules)
        sys.path.insert(0, modules)
        import zstandard

        into.mkdir(parents=True, exist_ok=True)
        command = [which("tar") or "tar", "-xf", "-", "-C", str(into)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, bufsize=PIECE) as tar:
            try:
                zstandard.ZstdDecompressor(max_window_size=WINDOW).copy_stream(Joined(parts), tar.stdin, PIECE, PIECE)
            except (zstandard.ZstdError, BrokenPipeError) as error:
                sys.exit(f"{error}: are all {len(parts)} parts whole, and are there no more?")
        if tar.returncode:
            sys.exit("tar failed: are all parts there?")


if __name__ == "__main__":
    folder, into = Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else TREE
    found = sorted(folder.rglob("part.*"))
    unpack(found, into)
    print(f"{len(found)} parts unpacked into {into}")
