"""The processes of inference servers."""

import re
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from azureml_emulator.execution.child import Child
from azureml_emulator.execution.forkserver.client import ForkServer
from azureml_emulator.execution.job import Running
from azureml_emulator.execution.variables import inherited_environment

_PYTHON_PATH = re.compile(r"--pythonpath[= ]+[\"']?([^\s\"']+)")
ALWAYS = {"PYTHONUNBUFFERED": "1"}
"""Variables of every server."""


class Servers:
    """Starts azmlinfsrv: the second one on, in the emulator's own Python, as a fork of what has its packages imported.

    That takes a fifth of the processor's time; for a single one it would take more.
    """

    def __init__(self) -> None:
        self._forks = ForkServer("replicas", inherited_environment() | ALWAYS)
        self._is_first = True

    async def start(
        self,
        python: str,
        arguments: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        log: Path,
        listen: socket.socket,
    ) -> Running:
        """The first of the arguments is the server's script."""
        is_own = python == sys.executable
        is_second = is_own and not self._is_first
        self._is_first = self._is_first and not is_own
        if is_second:
            places = import_folders(folder, environment)
            forked = await self._forks.start(
                arguments, folder=folder, environment=environment, log=log, listen=listen, imports=places
            )
            if forked:
                return forked
        return await Child.start(arguments, folder=folder, environment=environment, log=log, listen=listen)

    async def close(self) -> None:
        """The servers go on."""
        await self._forks.close()


def import_folders(folder: Path, environment: Mapping[str, str]) -> list[Path]:
    """From where gunicorn and azmlinfsrv import before what is installed: theirs, and those of --pythonpath."""
    given = _PYTHON_PATH.findall(environment.get("GUNICORN_CMD_ARGS", ""))
    named = [environment.get("AML_APP_ROOT", "."), *(entry for one in given for entry in one.split(","))]
    return [folder, *(folder / name for name in named)]
