"""What tells whether a few files of an uploaded folder are what was uploaded: the hash of each, in a file beside them.

Validation data lies under the hash of its manifest, so that a run that takes ten of 50,000 images needn't bring all to
know that they are the right ones. Of data from before there were manifests, it has to, once.
"""

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from config.errors import TamperedError
from steps.folders.stored_names import MANIFEST
from steps.folders.tree import opened
from steps.registration.saved_model import content_hash
from workspaces.files import leads_out
from workspaces.workspace import Workspace

CONTENT_NAMED = re.compile(r"amlgpu/\w+/([0-9a-f]{64})")
"""A path that upload_folder() made, with the hash."""
CHUNK = 1 << 20  # bytes
LARGEST = 256 * 2**20  # bytes: of a million files
MEND = "find out who may write there, remove that folder there, and run again with the folder that it was of"


def manifest_of(folder: Path, files: Mapping[str, Path]) -> bytes:
    """The SHA-256 of each file by its path in ``folder``, as JSON with sorted keys.

    ModelError for one that can't be read or changes meanwhile.
    """
    hashes = {name: _sha256(folder, name, path) for name, path in files.items()}
    return json.dumps(hashes, sort_keys=True, indent=0).encode()


def check_files(workspace: Workspace, path: str, folder: Path, names: Iterable[str]) -> None:
    """TamperedError unless these files, brought from ``path`` to ``folder``, are those that were uploaded.

    Nothing is known of a folder that somebody uploaded under a name of his own.
    """
    named = CONTENT_NAMED.fullmatch(path)
    if named is None:
        return
    known = _manifest(workspace, path, named[1]) or _of_before(workspace, path, named[1])
    for name in names:
        if known.get(name) != (found := _sha256(folder, name, folder / name)):
            expected = known.get(name, "any that was uploaded")
            raise _changed(workspace, f"{path}/{name}", f"the SHA-256 {found}, not {expected}")


def check_whole(workspace: Workspace, path: str, folder: Path, names: Collection[str]) -> None:
    """The same where all of it was brought, which tells also without a manifest, and what is there no longer."""
    named = CONTENT_NAMED.fullmatch(path)
    if named and content_hash(folder) != named[1]:
        check_files(workspace, path, folder, names)
        check_listed(workspace, path, names)


def check_listed(workspace: Workspace, path: str, names: Collection[str]) -> None:
    """TamperedError where a file that was uploaded to ``path`` isn't among the ``names`` that lie there now.

    A model that answers some samples wrongly would pass without them. Of a folder without a manifest, check_files()
    compares all.
    """
    named = CONTENT_NAMED.fullmatch(path)
    known = (_manifest(workspace, path, named[1]) or {}) if named else {}
    if gone := known.keys() - set(names):
        raise _changed(workspace, f"{path}/{min(gone)}", "been deleted")


def _manifest(workspace: Workspace, path: str, digest: str) -> dict[str, str] | None:
    """By its own hash, which is the folder's name; None where it has none, or somebody else's."""
    stored = workspace.files.read(f"{path}/{MANIFEST}", LARGEST)
    if stored is None or hashlib.sha256(stored.content).hexdigest() != digest:
        return None
    hashes: dict[str, str] = json.loads(stored.content)
    return hashes


def _of_before(workspace: Workspace, path: str, digest: str) -> dict[str, str]:
    """The same of a folder that lies under the hash of its content."""
    with TemporaryDirectory() as work:
        folder, there = Path(work) / "folder", workspace.files.sizes(path)
        names = [name for name in there if name != MANIFEST and not leads_out(folder, name)]
        workspace.files.download({f"{path}/{name}": folder / name for name in names})
        if (found := content_hash(folder)) != digest:
            raise _changed(workspace, path, f"the content {found}, not the one that its name tells")
        return {name: _sha256(folder, name, folder / name) for name in names}


def _changed(workspace: Workspace, what: str, how: str) -> TamperedError:
    where = f"{what} on the datastore {workspace.files.datastore}"
    return TamperedError(f"{where} has {how}: somebody changed it after the upload: {MEND}")


def _sha256(folder: Path, name: str, path: Path) -> str:
    digest = hashlib.sha256()
    with opened(folder, name, path) as (file, size):
        for _ in range(0, size, CHUNK):
            digest.update(file.read(CHUNK))
    return digest.hexdigest()
