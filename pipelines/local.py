"""The local workspace as the command line sees it: a process of its own to start, stop and be sent to."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path

from config.errors import LocalWorkspaceError

_RUN_VERB = """
import sys
from pathlib import Path
from azureml_emulator.command.verbs import main
main(sys.argv[2:], "amlgpu local", Path(sys.argv[1]), "AMLGPU_HOME")
"""


def state_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the local workspace keeps everything: AMLGPU_HOME, else ``.amlgpu`` in the current folder."""
    return Path(environ.get("AMLGPU_HOME") or ".amlgpu").absolute()


def redirect(environ: MutableMapping[str, str] = os.environ, *, start: bool = False) -> None:
    """Send the SDK in this process to the local workspace. Has to precede the first import of azureml.

    With ``start`` it is started first unless it runs, which is told on standard error. Raises LocalWorkspaceError when
    it doesn't run, or start.
    """
    if "azureml.core" in sys.modules and "ARM_CLOUD_METADATA_URL" not in environ:
        raise RuntimeError("azureml.core reads the address of its cloud when imported: redirect() came too late")
    variables: dict[str, str] = json.loads(emulator("env", "--json", *(["--start"] if start else [])))
    environ.update({name: value for name, value in variables.items() if value})
    for name in [name for name, value in variables.items() if not value]:
        environ.pop(name, None)  # it would lead elsewhere


def is_redirected(environ: Mapping[str, str] = os.environ) -> bool:
    """True when the SDK in this process is sent to a local workspace: only that has its list of clouds on loopback."""
    return environ.get("ARM_CLOUD_METADATA_URL", "").startswith("http://127.0.0.1:")


def without_settings(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment for the local workspace: as on Azure, what it starts sees none of this machine's settings."""
    return {key: value for key, value in environ.items() if not key.startswith(("AMLGPU_", "SCORING_"))}


def emulator(verb: str, *options: str) -> str:
    """Run one verb of the emulator and return what it printed; its complaint becomes a LocalWorkspaceError.

    What it tells on standard error without complaining is told here too.
    """
    ended = subprocess.run(
        command([verb, *options]), env=without_settings(), capture_output=True, text=True, check=False
    )
    if ended.returncode:
        said = ended.stderr.strip().removeprefix("error: ")
        raise LocalWorkspaceError(said or f"`{verb}` of the local workspace ended with {ended.returncode} and no word")
    sys.stderr.write(ended.stderr)
    return ended.stdout


def command(words: Sequence[str]) -> list[str]:
    """The command line of a verb, in a Python that finds neither the folder it's typed in nor PYTHONPATH."""
    return [sys.executable, "-I", "-c", _RUN_VERB, str(state_folder()), *words]
