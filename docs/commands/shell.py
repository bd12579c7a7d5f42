"""What a shell would start, found by letting a real one run the lines with nothing to start."""

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

TOOLS = ("az", "gh", "kubectl")
Command = tuple[str, ...]
"""The tool and its arguments, as the shell hands them over."""
TIMEOUT_SECONDS = 60
RECORD = """
record() { printf '%s\\0' "$#" "$@" >> "$COMMANDS"; }
az() { record az "$@"; echo an-id; }
gh() { record gh "$@"; echo 1; }
kubectl() { record kubectl "$@"; }
command_not_found_handle() { :; }
"""


class ShellError(Exception):
    """The lines can't be run as they stand; the message is the shell's."""


def commands_of(lines: str, *, strictly: bool, environment: Mapping[str, str]) -> list[Command]:
    """The commands of TOOLS in their order. Programs are none of them started, files are written to a temporary folder.

    ``strictly``: a variable that nothing sets, or a part that fails, raises ShellError.
    """
    with tempfile.TemporaryDirectory() as folder:
        recorded = Path(folder, "commands")
        recorded.touch()
        known = {"PATH": "/nowhere", "COMMANDS": str(recorded), **environment}
        script = RECORD + ("set -eu\n" if strictly else "") + lines
        ended = subprocess.run(
            ["/bin/bash", "-c", script],
            cwd=folder,
            env=known,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        if ended.returncode and strictly:
            raise ShellError(ended.stderr.strip())
        return _commands(recorded.read_text().split("\0")[:-1])


def _commands(recorded: list[str]) -> list[Command]:
    """Each as the number of its words, and the words."""
    found: list[Command] = []
    while recorded:
        count = 1 + int(recorded[0])
        found.append(tuple(recorded[1:count]))
        recorded = recorded[count:]
    return found
