"""Looks at a SavedModel before anything trusts it: does it load, what does it take, what are its bytes."""

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from config.errors import ModelError
from steps.artifacts.candidate import Signature

CHUNK = 1 << 20


# Also scoring.model.frozen_graph.FOLDER, which can't be asked without importing TensorFlow; a test compares the two.
FROZEN_FOLDER = Path("assets.extra", "aml-gpu-pipeline")


def content_hash(folder: Path) -> str:
    """SHA-256 over the sorted relative paths and the bytes of every file below ``folder``, in hexadecimal.

    Each path and each file is preceded by its length, so that no two different trees feed the same bytes. The frozen
    graph is left out: it is made from the rest, and frozen_hash() is its own.
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
        encoded = name.encode()
        digest.update(len(encoded).to_bytes(8, "big") + encoded + path.stat().st_size.to_bytes(8, "big"))
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    return digest.hexdigest()


def freeze(folder: Path) -> str | None:
    """Write the frozen graph into the SavedModel in ``folder``; None, or why it is served without one."""
    from scoring.classifier import Classifier
    from scoring.errors import StartupError
    from scoring.model.frozen_graph import freeze as write
    from scoring.model.signature import default_contract

    shutil.rmtree(folder / FROZEN_FOLDER, ignore_errors=True)  # of unknown origin
    if reason := write(folder, default_contract(folder)):
        return reason
    try:
        Classifier(folder)
    except StartupError as error:
        shutil.rmtree(folder / FROZEN_FOLDER)
        return f"its frozen graph doesn't work: {error}"
    return None


def read_signature(folder: Path) -> Signature:
    """Load the SavedModel in ``folder`` and describe its serving_default, by the rules that scoring/ has for it.

    Raises ModelError when there is none, it doesn't load, or scoring couldn't serve it.
    """
    from scoring.errors import StartupError
    from scoring.model.signature import default_contract

    _load(folder)
    try:
        contract = default_contract(folder)
    except StartupError as error:
        raise ModelError(str(error)) from None
    outputs = (*contract.task.outputs, contract.task.label_output)
    return Signature(
        input_name=contract.input.tensors[0].name,
        input_kind="jpeg" if contract.input.kind == "jpeg" else "image",
        outputs=tuple(output.name for output in outputs if output is not None),
    )


def _load(folder: Path) -> Any:
    import scoring.model.lean_tensorflow  # noqa: F401  # before TensorFlow, which takes seconds: content_hash needs none of it

    if not (folder / "saved_model.pb").is_file():
        found = ", ".join(sorted(path.name for path in folder.iterdir())[:8]) if folder.is_dir() else ""
        raise ModelError(f"no saved_model.pb (found: {found or 'nothing'}): give the folder of a SavedModel")
    import tensorflow as tf

    try:
        return tf.saved_model.load(str(folder))
    except Exception as error:  # TensorFlow documents no closed set of errors for a damaged file
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise ModelError(f"TensorFlow can't load the SavedModel: {reason}") from error
