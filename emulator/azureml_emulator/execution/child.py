"""Child processes of the emulator: steps and inference servers. None outlives it."""

import asyncio
import socket
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_LAUNCHER = Path(__file__).with_name("launcher.py")
STOP_SECONDS = 15.0


class Child:
    """A command under `launcher.py`, with its output in a file."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        log: Path,
        listen: socket.socket | None = None,
    ) -> "Child":
        log.parent.mkdir(parents=True, exist_ok=True)
        handed_on = ["--listen", str(listen.fileno())] if listen else []
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", str(_LAUNCHER), *handed_on, *command),
                cwd=folder,
                env=dict(environment),
                stdin=PIPE,
                stdout=output,
                stderr=STDOUT,
                pass_fds=(listen.fileno(),) if listen else (),
                start_new_session=True,  # Ctrl-C in the emulator's terminal is the emulator's to handle
            )
        return cls(process)

    @property
    def running(self) -> bool:
        return self._process.returncode is None

    async def wait(self) -> int:
        """The exit code; negative or 128+ for a signal."""
        return await self._process.wait()

    async def stop(self) -> None:
        """End the process group: SIGTERM, then SIGKILL after the launcher's grace period."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except asyncio.TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
