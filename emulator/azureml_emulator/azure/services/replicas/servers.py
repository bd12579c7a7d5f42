"""The processes of inference servers."""

import shlex
import socket
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from azureml_emulator.execution.child import Child
from azureml_emulator.execution.forkserver.client import ForkServer
from azureml_emulator.execution.job import Running
from azureml_emulator.execution.variables import inherited_environment


class _Options(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


_GUNICORN = _Options(add_help=False)
_GUNICORN.add_argument("-c", "--config")
_GUNICORN.add_argument("--chdir", default="")
_GUNICORN.add_argument("--pythonpath", default="")
ALWAYS = {"PYTHONUNBUFFERED": "1"}
"""Variables of every server."""


class Servers:
    """Starts azmlinfsrv: the second one on, in the emulator's own Python, as a fork of what has its packages imported.

    That takes a third of the processor's time; for a single one it would take more.
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
        if is_second and (places := gunicorn_folders(folder, environment)) is not None:
            forked = await self._forks.start(
                arguments, folder=folder, environment=environment, log=log, listen=listen, imports=places
            )
            if forked:
                return forked
        return await Child.start(arguments, folder=folder, environment=environment, log=log, listen=listen)

    async def close(self) -> None:
        """The servers go on."""
        await self._forks.close()


def gunicorn_folders(folder: Path, environment: Mapping[str, str]) -> list[Path] | None:
    """From where gunicorn and azmlinfsrv import beside what is installed; None where a file of gunicorn's says that."""
    try:
        given, _ = _GUNICORN.parse_known_args(shlex.split(environment.get("GUNICORN_CMD_ARGS", "")))
    except ValueError:  # gunicorn says what is wrong with them
        return None
    working = folder / given.chdir
    if given.config or any((place / "gunicorn.conf.py").exists() for place in (folder, working)):
        return None
    own = environment.get("AML_APP_ROOT", ".")
    return [folder, folder / own, working, *(working / entry for entry in given.pythonpath.split(","))]
