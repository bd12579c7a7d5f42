"""The git commit of the code that runs here."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.source.snapshot import FOLDERS, IGNORE_FILE, ROOT
from steps.folders.source_tree import no_source
from steps.folders.tree import files_in

UNKNOWN = "unknown"
_CODE = (*FOLDERS, "pipelines", IGNORE_FILE)


@dataclass(frozen=True)
class Commit:
    name: str
    """In full, with ``-dirty`` after it when code or settings differ from it, new files too; or ``unknown``."""
    unknown_because: str | None = None


def source_commit() -> Commit:
    """The commit of this checkout, whichever repository the shell is at work in."""
    try:
        listed = _git("ls-tree", "-r", "-z", "HEAD", "--", *_CODE)
        head = _git("rev-parse", "--verify", "HEAD")
        if failed := next((one for one in (head, listed) if one.returncode), None):
            return Commit(UNKNOWN, f"git says: {failed.stderr.strip().splitlines()[0]}")
        if not listed.stdout:  # another repository's, in a folder of which this one lies
            return Commit(UNKNOWN, f"no git repository holds {ROOT}")
        return Commit(head.stdout.strip() + ("" if _committed(listed.stdout) == _present() else "-dirty"))
    except FileNotFoundError:
        return Commit(UNKNOWN, "git isn't installed")


def _committed(listed: str) -> dict[str, str]:
    """The object of each file of the code, by its path in this checkout."""
    lines = [line.split("\t", 1) for line in filter(None, listed.split("\0"))]
    named = {path: about.split()[2] for about, path in lines}
    return {path: name for path, name in named.items() if not any(map(no_source, path.split("/")[1:]))}


def _present() -> dict[str, str]:
    """The same of what lies here, ignored by git or not, told by content alone: what a release has of it."""
    folders = [folder for folder in _CODE if (ROOT / folder).is_dir()]
    files = [f"{folder}/{name}" for folder in folders for name in files_in(ROOT / folder, no_source)]
    files += [file for file in _CODE if (ROOT / file).is_file()]
    hashed = _git("hash-object", "--no-filters", "--stdin-paths", told="".join(f"{ROOT / file}\n" for file in files))
    return dict(zip(files, hashed.stdout.split(), strict=False))


def _git(*arguments: str, told: str = "") -> "subprocess.CompletedProcess[str]":
    """What git says of this checkout. It takes no lock, and starts nothing that the repository's settings name.

    The variables of a hook or of ``rebase --exec`` name another repository, index or folder: git lists them itself. In
    a checkout of another owner git answers only where the folder is called safe, as it is: its code is what runs here.
    """
    settings = ("-c", f"safe.directory={ROOT}", "-c", "core.fsmonitor=false")
    elsewhere = _run(["rev-parse", "--local-env-vars"], "", os.environ).stdout.split()
    environment = {name: value for name, value in os.environ.items() if name not in elsewhere}
    return _run(["--no-optional-locks", *settings, *arguments], told, environment | {"LC_ALL": "C"})


def _run(arguments: list[str], told: str, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    command = ["git", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, input=told, capture_output=True, text=True, errors="replace", check=False
    )
