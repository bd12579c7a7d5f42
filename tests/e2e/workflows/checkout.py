"""A runner's machine as far as the workflows see it: a checkout, Python's environment in .venv, and ``az``."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.support.environments import ROOT, link_checkout

AZ = """#!/bin/sh
# Stands for Azure's command: prints what a log workspace answered.
case "$*" in
    "monitor log-analytics query --workspace $LOGS --output json --analytics-query "*) cat "{answer}" ;;
    *) echo "az $*: not known here" >&2; exit 64 ;;
esac
"""
TIMEOUT = """#!/bin/sh
# Stands for coreutils' command: the time is up as often as there are lines in a file.
if [ -s "{left}" ]; then sed -i 1d "{left}"; exit 124; fi
shift
exec "$@"
"""
_GIT = ("git", "-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")


@dataclass
class Checkout:
    """A clone of what git has of this project, changes that aren't committed too; each job gets it clean."""

    folder: Path
    environments: dict[str, Path] = field(default_factory=dict)

    @property
    def source(self) -> Path:
        return self.folder / "source"

    @property
    def commands(self) -> Path:
        return self.folder / "commands"

    @property
    def answer(self) -> Path:
        """What ``az monitor log-analytics query`` prints."""
        return self.folder / "answer.json"

    @property
    def times_up(self) -> Path:
        """A line for each time that ``timeout`` is to end a command at once."""
        return self.folder / "times-up"

    def make(self, files: Mapping[str, str | Path]) -> None:
        """Copy and commit; ``files`` are a repository's own, by their paths: texts, or files and folders to copy."""
        listed = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listed, check=True, capture_output=True, text=True).stdout.split("\0")
        for name in filter(None, names):
            if (ROOT / name).is_file():
                (self.source / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.source / name)
        self._git("init", "--quiet")
        self._git("add", "--all")
        self.commit(files)
        self.commands.mkdir()
        for name, text in (("az", AZ.format(answer=self.answer)), ("timeout", TIMEOUT.format(left=self.times_up))):
            (self.commands / name).write_text(text)
            (self.commands / name).chmod(0o755)

    def commit(self, files: Mapping[str, str | Path]) -> None:
        self.clean()
        for name, content in files.items():
            place = self.source / name
            place.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, str):
                place.write_text(content)
            else:
                shutil.copytree(content, place)
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", "A commit of the repository")

    def clean(self) -> None:
        """As a runner begins each job: what a job before left isn't there."""
        self._git("clean", "-xdffq")

    def set_up(self, extras: str) -> None:
        """As `.github/actions/setup` does."""
        if extras not in self.environments:
            folder = self.folder / f"venv-{extras}"
            wanted = {"sdk-v1", "sdk-v2", *extras.split(",")} - {""}
            self.environments[extras] = link_checkout(folder, self.source, wanted)
        (self.source / ".venv").symlink_to(self.environments[extras])

    def _git(self, *words: str) -> None:
        subprocess.run([*_GIT, *words], cwd=self.source, check=True)
