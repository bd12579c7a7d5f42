"""One hash for many files: of a registered version, and of this code."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

CHUNK = 1 << 20  # bytes
COMPILED = "__pycache__"


def tree_hash(files: Mapping[str, Path]) -> str:
    """SHA-256 over the sorted names and the bytes of the files, in hexadecimal.

    Each name and each file is preceded by its length, so that no two different trees feed the same bytes.
    """
    digest, buffer = hashlib.sha256(), memoryview(bytearray(CHUNK))
    for name, path in sorted(files.items()):
        encoded = name.encode(errors="surrogateescape")  # as the file system has it
        digest.update(len(encoded).to_bytes(8, "big") + encoded + path.stat().st_size.to_bytes(8, "big"))
        with path.open("rb", buffering=0) as file:
            while read := file.readinto(buffer):
                digest.update(buffer[:read])
    return digest.hexdigest()


def files_below(folder: Path) -> dict[str, Path]:
    """Every file below ``folder``, by its path from there."""
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}


def code_hash() -> str:
    """Of the package ``scoring`` that this process runs; a release's tag ``scoring_hash`` is the same."""
    package = Path(__file__).resolve().parents[1]
    files = files_below(package)
    return tree_hash({f"{package.name}/{name}": path for name, path in files.items() if COMPILED not in path.parts})
