"""A machine of a test's own, and SDK programs on it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION

OPEN = f"from azureml.core import *; ws = Workspace('{SUBSCRIPTION}', '{RESOURCE_GROUP}', '{NAME}')\n"


class Machine:
    """A folder, an empty home, and the emulator's verbs in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.prefix: list[str] = []
        """What each command is started by."""
        self.state = folder / "state"
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder / "home")}
        (folder / "home").mkdir()

    def emulator(self, verb: str, *options: str) -> subprocess.CompletedProcess[str]:
        return self._run("-m", "azureml_emulator", verb, "--state", str(self.state), *options)

    @property
    def address(self) -> dict[str, Any]:
        """What the emulator wrote about itself when it started last."""
        address: dict[str, Any] = json.loads((self.state / "address.json").read_text())
        return address

    def sdk(self, source: str, *arguments: str) -> list[str]:
        """What an SDK program, sent to the emulator by the variables of `env`, printed last."""
        variables = json.loads(self.emulator("env", "--json").stdout)
        ended = self._run("-c", OPEN + source, *arguments, **variables)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.splitlines()[-1].split()

    def _run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        command = [*self.prefix, sys.executable, "-W", "ignore", *arguments]
        environment = self.environment | variables
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120, check=False
        )


def has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
