"""The folder that Azure ML takes as the source of the steps: a copy of what they need, and nothing beside it.

`.amlignore` would keep the rest of the checkout out of the snapshot, but not from being walked: the SDK adds up the
size of every file below the folder, for every step, and a virtual environment there costs two to three seconds each.
"""

import shutil
import tempfile
from pathlib import Path

from config.errors import WorkspaceError
from config.loading.layers import TARGETS
from steps.registration.saved_model import content_hash

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("config", "steps", "scoring", "workspaces")
IGNORE_FILE = ".amlignore"


def stage_snapshot(home: Path, settings: Path) -> Path:
    """Copy the sources of the steps to ``home/snapshots/<content hash>``, if they aren't there, and return that.

    The targets' files in ``settings`` take the place of the project's own: a step reads them as its ``config/``.
    WorkspaceError when this isn't a checkout: an installed package has no ``.amlignore``.
    """
    if not (ROOT / IGNORE_FILE).is_file():
        raise WorkspaceError(
            f"{ROOT} has no {IGNORE_FILE}, so it is not a checkout of this repository. "
            "Install it with `pip install -e .` from a checkout."
        )
    snapshots = home / "snapshots"
    snapshots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=snapshots) as work:
        copy = Path(work) / "copy"
        _copy(copy, settings)
        staged = snapshots / content_hash(copy)[:12]
        if not staged.exists():
            copy.rename(staged)
    return staged


def _copy(copy: Path, settings: Path) -> None:
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    shutil.copy(ROOT / IGNORE_FILE, copy)
    if settings != ROOT / "config":
        for own in (copy / "config").glob("*.yml"):
            own.unlink()
        for file in (settings / f"{target}.yml" for target in TARGETS):
            if file.is_file():
                shutil.copy(file, copy / "config")
