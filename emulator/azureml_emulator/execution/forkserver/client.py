"""The emulator's side of the fork server."""

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from azureml_emulator.execution.child import STOP_SECONDS

DRIVER = Path(__file__).with_name("driver.py")
_TEMPLATE = Path(__file__).with_name("template.py")
_READY_SECONDS = 60.0
_KILLED = 128 + signal.SIGKILL


class ForkedChild:
    """A script below a launcher that the template forked: as `azureml_emulator.execution.child.Child`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, launcher: int) -> None:
        self._reader, self._writer = reader, writer
        self._launcher = launcher
        self._exit = asyncio.create_task(self._read_code())

    @property
    def running(self) -> bool:
        return not self._exit.done()

    async def wait(self) -> int:
        """The exit code; 128+ for a signal."""
        return await asyncio.shield(self._exit)

    async def stop(self) -> None:
        """End the process group: SIGTERM, then SIGKILL after the launcher's grace period."""
        with suppress(OSError, RuntimeError):  # the latter where its launcher has gone
            self._writer.write_eof()
        try:
            await asyncio.wait_for(asyncio.shield(self._exit), STOP_SECONDS)
        except asyncio.TimeoutError:
            with suppress(ProcessLookupError):
                os.kill(self._launcher, signal.SIGKILL)
            await self._exit

    async def _read_code(self) -> int:
        line = await _read_line(self._reader)
        self._writer.close()
        return int(line) if line else _KILLED  # the launcher itself was killed, and its group went with it


class ForkServer:
    """Starts the template of runs, or of replicas, when it is needed and has gone or is older than its packages."""

    def __init__(self, what: Literal["runs", "replicas"], environment: Mapping[str, str]) -> None:
        self._what = what
        self._environment = dict(environment)
        self._lock = asyncio.Lock()
        self._template: Process | None = None
        self._requests: socket.socket | None = None
        self._works = sys.platform == "linux"

    async def prepare(self) -> None:
        """Start the template, which takes as long as importing the SDK, unless it is there."""
        async with self._lock:
            gone = self._template is not None and self._template.returncode is not None
            if self._works and (self._requests is None or gone):
                await self._end_template()
                await self._start_template()

    async def start(
        self,
        arguments: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        log: Path,
        listen: socket.socket | None = None,
        imports: Sequence[Path] = (),
    ) -> ForkedChild | None:
        """Run a script, the first of the arguments. None where there is no template: start it in another way.

        From `imports`, too, it imports before anything that is installed.
        """
        await self.prepare()
        template, requests = self._template, self._requests
        if requests is None:
            return None
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=ours)
        request = {"arguments": list(arguments), "folder": str(folder), "environment": dict(environment)}
        try:
            writer.write(json.dumps(request | {"imports": [str(one) for one in imports]}).encode() + b"\n")
            with suppress(OSError), theirs, log.open("ab") as output:
                handed_on = [one.fileno() for one in (theirs, output, listen) if one]
                socket.send_fds(requests, [b"f"], handed_on)
            started = await _read_line(reader)
            answer = json.loads(started or "{}")
            if answer.get("stale", True):
                await self._drop(template)
        except BaseException:  # nobody waits for it any more: it ends when this is closed
            writer.close()
            raise
        if not started:  # the template has gone, or its launcher before it started anything
            writer.close()
            return None
        return ForkedChild(reader, writer, answer["pid"])

    async def close(self) -> None:
        """End the template; what it forked goes on."""
        async with self._lock:
            await self._end_template()

    async def _drop(self, template: Process | None) -> None:
        """End this template, unless another one has taken its place meanwhile."""
        async with self._lock:
            if self._template is template:
                await self._end_template()

    async def _start_template(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._template = await asyncio.create_subprocess_exec(
                *(sys.executable, str(_TEMPLATE), str(theirs.fileno()), str(DRIVER), self._what),
                cwd="/",
                env=self._environment,
                stdin=DEVNULL,
                stdout=DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # Ctrl-C in the emulator's terminal is the emulator's to handle
            )
        self._requests = ours
        try:
            ready = await asyncio.wait_for(_ready(ours), _READY_SECONDS)
        except asyncio.TimeoutError:
            ready = False
        if not ready:
            self._works = False  # what it says is in the emulator's log
            await self._end_template()

    async def _end_template(self) -> None:
        template, self._template = self._template, None
        if self._requests is not None:
            self._requests.close()
            self._requests = None
        if template is not None:
            with suppress(ProcessLookupError):
                template.kill()
            await template.wait()


async def _ready(requests: socket.socket) -> bool:
    requests.setblocking(False)
    with suppress(ConnectionResetError):
        return bool(await asyncio.get_running_loop().sock_recv(requests, 64))
    return False


async def _read_line(reader: asyncio.StreamReader) -> bytes:
    """Nothing where the other side went away before it wrote the whole line."""
    try:
        return await reader.readuntil(b"\n")
    except (asyncio.IncompleteReadError, ConnectionResetError):
        return b""
