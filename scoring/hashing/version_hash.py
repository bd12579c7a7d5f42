"""Whether what lies in AZUREML_MODEL_DIR is the version that was validated: every byte, before any of it is used.

A SavedModel is a program, so it isn't loaded before the answer is there; reading it takes about as long as TensorFlow's
import, during which a thread of begin() does it.
"""

import logging
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from scoring.contract import version_folder
from scoring.errors import StartupError
from scoring.hashing.tree_hash import files_below, tree_hash

VARIABLE = "SCORING_VERSION_HASH"
"""The hash that the version must have."""

logger = logging.getLogger("azmlinfsrv.version")
_begun: dict[Path, Future[str]] = {}


def version_hash(model_dir: Path) -> str:
    """tree_hash() of all files of a version: model, frozen graph, contract and probe.

    ``model_dir`` is what the service sees as AZUREML_MODEL_DIR.
    """
    return tree_hash(files_below(version_folder(model_dir)))


def begin(environ: Mapping[str, str]) -> None:
    """Let another thread read the version, where there is one."""
    if folder := environ.get("AZUREML_MODEL_DIR"):
        model_dir, pool = Path(folder).absolute(), ThreadPoolExecutor(1, "version-hash")
        _begun[model_dir] = pool.submit(version_hash, model_dir)
        pool.shutdown(wait=False)


def check_version(model_dir: Path, expected: str) -> str:
    """The hash of the version; what begin() began is awaited. StartupError where another is expected, or none can be.

    Where nothing is ``expected``, any will do: of a server that no release started.
    """
    started = time.monotonic()
    begun = _begun.pop(model_dir, None)
    try:
        found = begun.result() if begun else version_hash(model_dir)
    except OSError as error:
        raise StartupError(f"The version in {model_dir} can't be read: {error.strerror or error}.") from error
    name = f"{model_dir.parent.name}:{model_dir.name}"
    if expected and found != expected:
        raise StartupError(
            f"The files of {name} have the hash {found}, but {VARIABLE} is {expected}: they were changed after "
            "validation. Register the model anew and release that version."
        )
    logger.info("%s has the hash %s, known %.2f s after it was needed", name, found, time.monotonic() - started)
    return found
