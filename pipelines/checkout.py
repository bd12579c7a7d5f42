"""The git commit of the code that runs here."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.snapshot import FOLDERS, IGNORE_FILE, ROOT

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
        tracked = _git("ls-files", "--error-unmatch", "--", IGNORE_FILE)
        head = _git("rev-parse", "--verify", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=all", "--", *_CODE)
    except FileNotFoundError:
        return Commit(UNKNOWN, "git isn't installed")
    failed = next((one for one in (tracked, head, changed) if one.returncode), None)
    if failed is None:
        return Commit(head.stdout.strip() + ("-dirty" if changed.stdout else ""))
    if failed is tracked and failed.returncode == 1:  # some other repository, in a folder of which this one lies
        return Commit(UNKNOWN, f"no git repository holds {ROOT}")
    return Commit(UNKNOWN, f"git says: {failed.stderr.strip().splitlines()[0]}")


def _git(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """What git says of this checkout. It takes no lock, and starts nothing that the repository's settings name.

    The variables of a hook or of ``rebase --exec`` name another repository, index or folder: git lists them itself. In
    a checkout of another owner git answers only where the folder is called safe, as it is: its code is what runs here.
    """
    settings = ("-c", f"safe.directory={ROOT}", "-c", "core.fsmonitor=false")
    elsewhere = _run("rev-parse", "--local-env-vars", environment=os.environ).stdout.split()
    environment = {name: value for name, value in os.environ.items() if name not in elsewhere}
    return _run("--no-optional-locks", *settings, *arguments, environment=environment | {"LC_ALL": "C"})


def _run(*arguments: str, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    command = ["git", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, errors="replace", check=False
    )
