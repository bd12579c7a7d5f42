"""A SavedModel's bytes, the frozen graph that it is served by, and whether a service of it starts."""

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path

from config.errors import ModelError
from scoring.contract import Contract
from steps.folders.stored_names import unstorable
from steps.folders.tree import files_in, opened, shown

CHUNK = 1 << 20


# Also scoring.model.frozen_graph.FOLDER, which can't be asked without importing TensorFlow; a test compares the two.
FROZEN_FOLDER = Path("assets.extra", "aml-gpu-pipeline")


def content_hash(folder: Path) -> str:
    """SHA-256 over the sorted relative paths and the bytes of every file below ``folder``, in hexadecimal.

    Each path and each file is preceded by its length, so that no two different trees feed the same bytes. The frozen
    graph is left out: it is made from the rest, and frozen_hash() is its own. ModelError for a name that isn't UTF-8,
    what files_in() refuses, and files that can't be read or change meanwhile.
    """
    frozen = f"{FROZEN_FOLDER.as_posix()}/"
    return _hash(folder, {name: path for name, path in files_in(folder).items() if not name.startswith(frozen)})


def frozen_hash(folder: Path) -> str | None:
    """The same over the frozen graph that the SavedModel in ``folder`` carries; None when it carries none."""
    frozen = folder / FROZEN_FOLDER
    return _hash(frozen, files_in(frozen)) if frozen.is_dir() else None


def _hash(folder: Path, files: Mapping[str, Path]) -> str:
    digest = hashlib.sha256()
    for name, path in sorted(files.items()):
        encoded = _encoded(folder, name)
        with opened(folder, name, path) as (file, size):
            digest.update(len(encoded).to_bytes(8, "big") + encoded + size.to_bytes(8, "big"))
            for _ in range(0, size, CHUNK):
                digest.update(file.read(CHUNK))
    return digest.hexdigest()


def _encoded(folder: Path, name: str) -> bytes:
    try:
        return name.encode()
    except UnicodeEncodeError:
        raise ModelError(f"{shown(folder.name)}: {next(unstorable([name]))}") from None


def freeze(folder: Path, contract: Contract | None = None, probe: bytes | None = None) -> str | None:
    """Write the frozen graph into the SavedModel in ``folder``; None, or why there can be none.

    Without a contract the model is one from before there were any. ``probe`` is the body of a request to try it by.
    ModelError where the frozen graph is there, but doesn't work: whatever is wrong with it, nobody has looked for it.
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
        check_start(folder, contract, probe)
        raise ModelError(
            f"its frozen graph, which the service would run, fails where the SavedModel answers: {error} That is a "
            "fault of this project's freezing: please report it, with how the model was made."
        ) from None
    return None


def check_start(folder: Path, contract: Contract, probe: bytes | None) -> None:
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
