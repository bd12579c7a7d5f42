"""The emulator as a background process: start, stop, look at, wipe."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO, Any

from azureml_emulator.command.isolation import isolated_python
from azureml_emulator.errors import EmulatorError
from azureml_emulator.state.disk.files import ADDRESS, LOCK, LOG

_MAIN = Path(__file__).parents[1] / "__main__.py"
_LAUNCHER = Path(__file__).parents[1] / "execution" / "launcher.py"
_START_SECONDS = 60.0
_SERVICES_SECONDS = 300.0
"""Long enough for services of an earlier life to load their models again; one that takes longer is left to itself."""
_STOP_SECONDS = 40.0
_HEALTH_SECONDS = 5.0
_POLL_SECONDS = 0.05
_OWN_FILES = (LOCK, LOG)


def status(folder: Path) -> dict[str, Any] | None:
    """What the running emulator of a folder says about itself; None when none runs or it does not answer yet."""
    if not _is_locked(folder):
        return None
    try:
        address: dict[str, Any] = json.loads((folder / ADDRESS).read_text())
        host = address["http"].removeprefix("http://")
        with closing(HTTPConnection(host, timeout=_HEALTH_SECONDS)) as connection:
            connection.request("GET", "/health")
            answer = json.load(connection.getresponse())
        address = json.loads((folder / ADDRESS).read_text())  # who answers has written it; before, an earlier life had
    except (OSError, ValueError, KeyError, TypeError, HTTPException):
        return None
    return address | answer if answer.get("workspace") == address["workspace_id"] else None


def start(  # noqa: PLR0913 - one parameter an option
    folder: Path,
    http_port: int | None = None,
    environments: str | None = None,
    *,
    enforce_capacity: bool = False,
    share_gpus: bool = False,
    http_1_0: bool = False,
    program: str | None = None,
    outlives_us: bool = True,
) -> dict[str, Any]:
    """Start in the background, unless it runs, and wait until it and its services answer. Returns its address.

    One that does not outlive this process ends with it, also if this is killed. Raises EmulatorError also where it runs
    already and treats environments in another way than is wanted, or without a switch that is.
    """
    options = ["--port", str(http_port)] if http_port else []
    options += ["--environments", environments] if environments else []
    options += ["--program", program] if program else []
    switches = {"enforce_capacity": enforce_capacity, "share_gpus": share_gpus, "http_1_0": http_1_0}
    options += [_option(name) for name, wanted in switches.items() if wanted]
    address = status(folder) or _start_process(folder, options, outlives_us=outlives_us)
    if environments not in (None, address.get("environments")):
        raise EmulatorError(f"it runs already, with --environments {address.get('environments')}: stop it first (down)")
    for name in [name for name, wanted in switches.items() if wanted and not address.get(name)]:
        raise EmulatorError(f"it runs already, without {_option(name)}: stop it first (down)")
    deadline = time.monotonic() + _SERVICES_SECONDS
    while address["starting"] and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        address = status(folder) or address
    return address


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _start_process(folder: Path, options: list[str], *, outlives_us: bool) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    command = [*isolated_python(), str(_MAIN), "serve", "--state", str(folder.resolve()), *options]
    with (folder / LOG).open("ab") as log:
        earlier = log.tell()
        process = _spawn(command, log, outlives_us=outlives_us)
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if address := status(folder):
            return address  # of this process, or of one that was started at the same moment and came first
        if process.poll() is not None and not _is_locked(folder):
            break
        time.sleep(_POLL_SECONDS)
    process.kill()
    raise EmulatorError(f"the local workspace did not start; its log ends:\n{_tail(folder / LOG, earlier)}")


def _spawn(command: list[str], log: IO[bytes], *, outlives_us: bool) -> subprocess.Popen[bytes]:
    if outlives_us:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/"
        )
    read_end, _ = os.pipe()  # the other end is never closed: it goes with this process
    try:
        launched = [sys.executable, "-I", str(_LAUNCHER), *command]
        return subprocess.Popen(launched, stdin=read_end, stdout=log, stderr=log, start_new_session=True, cwd="/")
    finally:
        os.close(read_end)


def stop(folder: Path) -> bool:
    """End the emulator and all that it started. False when none ran."""
    if not _is_locked(folder):
        return False
    owner = (folder / LOCK).read_text()
    if not owner.isdecimal():
        raise EmulatorError(f"{folder / LOCK} does not name the process that holds it: end that one by hand")
    pid = int(owner)
    deadline = time.monotonic() + _STOP_SECONDS
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        while _is_locked(folder):  # the process gives it up with its very end
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(_POLL_SECONDS)
    return True


def reset(folder: Path) -> None:
    """Stop and delete the state folder. Raises EmulatorError for a folder that is not one."""
    stop(folder)
    if folder.exists():
        if not all((folder / name).is_file() for name in _OWN_FILES):
            raise EmulatorError(f"{folder} is not the state folder of a local workspace: nothing was deleted")
        shutil.rmtree(folder)


def _is_locked(folder: Path) -> bool:
    try:
        with (folder / LOCK).open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _tail(file: Path, start: int) -> str:
    """The last lines after the first `start` bytes, which are of earlier lives."""
    return "\n".join(file.read_bytes()[start:].decode(errors="replace").splitlines()[-15:])
