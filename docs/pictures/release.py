"""One release of the sample, by `amlgpu run` as somebody would type it in an empty folder."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from docs.pictures.terminal import COLUMNS

RUN = ("run", "--target", "local", "--service", "digits")
SAMPLE = ("--model", "sample/model", "--validation-data", "sample/validation")
COMMANDS = Path(sys.executable).parent


@dataclass(frozen=True)
class Release:
    """What `amlgpu run` printed, and where it left the rest."""

    folder: Path
    printed: str
    """In colours, as on a terminal of 80 columns."""

    @property
    def report(self) -> Path:
        (page,) = self.folder.glob(".amlgpu/reports/*/report.html")
        return page

    def sign_in(self) -> str:
        """An address that opens the studio once."""
        return _amlgpu(self.folder, "local", "studio").strip()

    @property
    def run_page(self) -> str:
        """The page of the run, on the studio that was signed in to."""
        address = urlsplit(self.sign_in())
        return f"{address.scheme}://{address.netloc}/studio/runs/{self.report.parent.name}"


@contextmanager
def released(folder: Path) -> Iterator[Release]:
    """The workspace is up within, and stopped after. CalledProcessError when the release fails."""
    _amlgpu(folder, "sample")
    try:
        yield Release(folder, _amlgpu(folder, *RUN, *SAMPLE, FORCE_COLOR="1"))
    finally:
        _amlgpu(folder, "local", "down")


def _amlgpu(folder: Path, *arguments: str, **variables: str) -> str:
    """Standard output of a command, typed in ``folder``."""
    mine = {key: value for key, value in os.environ.items() if not key.startswith(("AMLGPU_", "SCORING_"))}
    terminal = {"COLUMNS": str(COLUMNS), "TERM": "xterm-256color", "TF_CPP_MIN_LOG_LEVEL": "2"}
    path = {"PATH": f"{COMMANDS}{os.pathsep}{os.environ['PATH']}"}
    command = [str(COMMANDS / "amlgpu"), *arguments]
    environment = mine | terminal | path | variables
    return subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, check=True
    ).stdout
