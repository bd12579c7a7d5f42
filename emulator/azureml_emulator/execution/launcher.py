"""
Run a command in a process group of its own, and end the whole group when the parent goes away.

    python -I launcher.py [--listen FD] COMMAND …        standard input: a pipe that the parent holds open

The parent's death, even by `kill -9`, closes the pipe: then the group gets SIGTERM, and SIGKILL after a grace
period. What the command leaves behind when it ends is killed too, on Linux also what left its process group. With
--listen, the socket FD is handed on by systemd's protocol (LISTEN_PID, LISTEN_FDS, descriptor 3): it is how gunicorn
can be made to listen on loopback only, where azmlinfsrv's own command line always binds 0.0.0.0.

Temporary files lie in a folder of the command's own, as in a container: TMPDIR. It goes with the group, whose processes
remove nothing when they are killed.

`fork_group` and `supervise` are the two halves of it, which the fork server's launchers share, as `hand_on`.
"""

import ctypes
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path

GRACE_SECONDS = 10.0
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def main(arguments: list[str]) -> int:
    listen_fd = int(arguments[1]) if arguments[0] == "--listen" else None
    temporary = temporary_folder(os.environ)
    child = fork_group()
    if child == 0:
        _become(arguments[2:] if listen_fd is not None else arguments, listen_fd)
    if listen_fd is not None:
        os.close(listen_fd)
    code = supervise(child, lifeline=0)
    remove(temporary)
    return code


def temporary_folder(environment: MutableMapping[str, str], base: str = "") -> str | None:
    """Make one for a command with these variables, and name it in them; None, and as before, where none can be made.

    A path as short as that of the system's: sockets are made below it, whose paths may have 107 bytes. The system's is
    relative to ``base``, or to the working directory.
    """
    system = os.path.abspath(os.path.join(base, environment.get("TMPDIR") or "/tmp"))  # noqa: S108, PTH100, PTH118
    folder = f"{system}/azureml-{os.urandom(5).hex()}"
    try:
        os.mkdir(folder, 0o700)  # noqa: PTH102 - it fails where somebody else has made it
    except OSError:
        return None
    environment["TMPDIR"] = folder
    return folder


def remove(folder: str | None) -> None:
    if folder:
        shutil.rmtree(folder, ignore_errors=True)


def hand_on(listener: int, environment: MutableMapping[str, str]) -> None:
    """Make a socket that of this process, by systemd's protocol."""
    os.dup2(listener, 3)
    if listener == 3:  # then it's as it was received
        os.set_inheritable(3, True)
    else:
        os.close(listener)
    environment.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")


def fork_group() -> int:
    """Fork a process that leads a group of its own and ends with this one; 0 in the new process, its id in this."""
    launcher = os.getpid()
    _adopt_strays()
    child = os.fork()
    if child == 0:
        _end_with(launcher)
        os.setpgid(0, 0)
    with suppress(OSError):
        os.setpgid(child, child)  # also done by the child: whoever is first
    return child


def supervise(child: int, *, lifeline: int) -> int:
    """Wait for a child that `fork_group` made; its exit code, negative for a signal. Its whole group is gone then.

    The descriptor `lifeline` is at its end when the parent went away or wants the child stopped.
    """
    threading.Thread(target=_end_with_parent, args=(child, lifeline), daemon=True).start()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: _signal_group(child, signal.SIGTERM))
    _, status = os.waitpid(child, 0)
    _signal_group(child, signal.SIGKILL)
    _kill_strays()
    return os.waitstatus_to_exitcode(status)


def _adopt_strays() -> None:
    """Ask Linux to make orphans of the command our children, also those in a session of their own."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _kill_strays() -> None:
    """Whatever is a child by now; when one is killed, its own children come to us."""
    while sys.platform == "linux" and (strays := _children(os.getpid())):
        for stray in strays:
            with suppress(ProcessLookupError):
                os.kill(stray, signal.SIGKILL)
        for stray in strays:
            with suppress(ChildProcessError):
                os.waitpid(stray, 0)


def _children(parent: int) -> list[int]:
    """By /proc/PID/stat: after the name in parentheses come the state and the parent's id."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(entry.name))
    return found


def _end_with(launcher: int) -> None:
    """Ask Linux to send SIGTERM when the launcher itself is killed; other systems can't."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
        if os.getppid() != launcher:  # it went before we asked
            os._exit(1)


def _become(command: list[str], listen_fd: int | None) -> None:
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        if listen_fd is not None:
            hand_on(listen_fd, os.environ)
        os.execvp(command[0], command)  # noqa: S606 - no shell is the point
    except OSError as error:
        print(f"cannot start {command[0]}: {error.strerror}", file=sys.stderr, flush=True)
    os._exit(127)


def _end_with_parent(child: int, lifeline: int) -> None:
    with suppress(ConnectionResetError):  # the end of a socket whose other side left something unread
        while os.read(lifeline, 1024):
            pass
    _signal_group(child, signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    _signal_group(child, signal.SIGKILL)


def _signal_group(group: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) & 0xFF)
