"""A SavedModel's bytes, the frozen graph that it is served by, and whether a service of it starts."""

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path

from config.errors import ModelError
from scoring.contract import Contract
from steps.stored_names import unstorable

CHUNK = 1 << 20


# Also scoring.model.frozen_graph.FOLDER, which can't be asked without importing TensorFlow; a test compares the two.
FROZEN_FOLDER = Path("assets.extra", "aml-gpu-pipeline")


def content_hash(folder: Path) -> str:
    """SHA-256 over the sorted relative paths and the bytes of every file below ``folder``, in hexadecimal.

    Each path and each file is preceded by its length, so that no two different trees feed the same bytes. The frozen
    graph is left out: it is made from the rest, and frozen_hash() is its own. ModelError for a name that isn't UTF-8.
    """
    return _hash(folder, (path for path in folder.rglob("*") if folder / FROZEN_FOLDER not in path.parents))


def frozen_hash(folder: Path) -> str | None:
    """The same over the frozen graph that the SavedModel in ``folder`` carries; None when it carries none."""
    frozen = folder / FROZEN_FOLDER
    return _hash(frozen, frozen.rglob("*")) if frozen.is_dir() else None


def _hash(folder: Path, paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    files = {path.relative_to(folder).as_posix(): path for path in paths if path.is_file()}
    for name, path in sorted(files.items()):
        encoded = _encoded(folder, name)
        digest.update(len(encoded).to_bytes(8, "big") + encoded + path.stat().st_size.to_bytes(8, "big"))
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    return digest.hexdigest()


def _encoded(folder: Path, name: str) -> bytes:
    try:
        return name.encode()
    except UnicodeEncodeError:
        raise ModelError(f"{folder.name}: {next(unstorable([name]))}") from None


def freeze(folder: Path, contract: Contract | None = None, probe: bytes | None = None) -> str | None:
    """Write the frozen graph into the SavedModel in ``folder``; None, or why it is served without one.

    Without a contract the model is one from before there were any. ``probe`` is the body of a request to try it by.
    """
    import scoring.model.lean_tensorflow  # noqa: F401  # before anything imports TensorFlow
    from scoring.errors import StartupError
    from scoring.model.frozen_graph import freeze as write
    from scoring.model.signature import default_contract

    shutil.rmtree(folder / FROZEN_FOLDER, ignore_errors=True)  # of unknown origin
    contract = contract or default_contract(folder)
    if reason := write(folder, contract):
        return reason
    try:
        _start(folder, contract, probe)
    except StartupError as error:
        shutil.rmtree(folder / FROZEN_FOLDER)
        return f"its frozen graph doesn't work: {error}"
    return None


def check_start(folder: Path, contract: Contract, probe: bytes) -> None:
    """ModelError where the SavedModel in ``folder`` can't be made ready to serve, or doesn't answer ``probe``."""
    import scoring.model.lean_tensorflow  # noqa: F401  # before anything imports TensorFlow
    from scoring.errors import StartupError

    try:
        _start(folder, contract, probe)
    except StartupError as error:
        raise ModelError(f"a service of it wouldn't start: {error}") from None


def _start(folder: Path, contract: Contract, probe: bytes | None) -> None:
    from scoring.scorer import Scorer  # imports TensorFlow, and content_hash() needs none of it

    Scorer(folder, contract, probe=probe)
