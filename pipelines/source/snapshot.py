"""The folder that Azure ML takes as the source of the steps: a copy of what they need, and nothing beside it.

`.amlignore` would keep the rest of the checkout out of the snapshot, but not from being walked: the SDK adds up the
size of every file below the folder, for every step, and a virtual environment there costs two to three seconds each.
"""

import shutil
import tempfile
from pathlib import Path

from config.errors import ConfigError, WorkspaceError
from config.loading.folder import shown
from config.loading.names import SERVICE, TARGET, names
from steps.folders.source_tree import copy_source
from steps.registration.saved_model import content_hash

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("config", "steps", "scoring", "workspaces")
IGNORE_FILE = ".amlignore"
PRICES = "prices.yml"
"""Of no use to a step."""


def stage_snapshot(home: Path, settings: Path, service: str, labels: str | None = None) -> Path:
    """Copy the sources of the steps to ``home/snapshots/<content hash>``, if they aren't there, and return that.

    Of the folder ``settings``, a step reads as its ``config/`` the targets, the file of ``service``, and its
    ``labels``, a path in that folder: what other services change, or keep there, isn't in it.
    WorkspaceError when this isn't a checkout: an installed package has no ``.amlignore``. ConfigError without labels.
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
        _copy_sources(copy)
        for file in _settings_files(settings, service, labels):
            place = copy / "config" / file
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(settings / file, place)
        staged = snapshots / content_hash(copy)[:12]
        if not staged.exists():
            copy.rename(staged)
    return staged


def _copy_sources(copy: Path) -> None:
    for folder in FOLDERS:
        copy_source(ROOT / folder, copy / folder)
    for folder in (TARGET.folder, SERVICE.folder):  # those of the settings come in their place
        shutil.rmtree(copy / "config" / folder)
    (copy / "config" / PRICES).unlink(missing_ok=True)
    shutil.copy(ROOT / IGNORE_FILE, copy)


def _settings_files(settings: Path, service: str, labels: str | None) -> list[Path]:
    """Paths in the folder ``settings``."""
    files = [TARGET.file(target, settings) for target in names(TARGET, settings)] + [SERVICE.file(service, settings)]
    if labels:
        file = settings / labels
        # Also where a link leads out of the folder: a snapshot is uploaded.
        if not file.is_file() or not file.resolve().is_relative_to(settings.resolve()):
            raise ConfigError(f"task.labels = {labels!r}: there is no such file in {shown(settings)}")
        files.append(file)
    return [file.relative_to(settings) for file in files]
