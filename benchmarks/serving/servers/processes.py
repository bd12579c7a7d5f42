"""The processes of whatever service runs: every descendant of this one, for only one service runs at a time."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.serving import ROOT

STOP_SECONDS = 5.0
MIB = 2**20
PR_SET_CHILD_SUBREAPER = 36
CHILD = str(
    ROOT / "emulator" / "azureml_emulator" / "execution" / "launcher.py"
)  # ends its command's process group when the pipe to it closes


@dataclass(frozen=True)
class Usage:
    """What a service's processes have used of the processor since they began, and hold of the memory now."""

    cpu_seconds: float
    memory_mib: float
    """Proportional set size: pages that several processes share are counted once."""


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, so that `stop_all` finds daemons too. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def usage() -> Usage:
    """The use of every descendant but the load client and what watches over a peer."""
    cpu, memory = 0.0, 0.0
    for process in _descendants(os.getpid()):
        with suppress(psutil.Error):
            if process.name() == "wrk" or CHILD in process.cmdline():
                continue
            times = process.cpu_times()
            cpu += times.user + times.system
            full = process.memory_full_info()
            memory += getattr(full, "pss", full.uss) / MIB
    return Usage(cpu, memory)


@contextmanager
def running(
    command: Sequence[str], variables: Mapping[str, str], log: Path, folder: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a command in `folder`, with its output in `log`, for as long as the block lasts, or this process."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-I", CHILD, *command],
            cwd=folder,
            env={**os.environ, **variables},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        tree = _descendants(process.pid)
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        _stop(tree)


def stop_all() -> None:
    """End every descendant of this process, also daemons that it adopted."""
    _stop(_descendants(os.getpid()))


def _stop(processes: list[psutil.Process]) -> None:
    """First ask, then kill."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in processes:
            with suppress(psutil.Error):
                process.send_signal(number)
        _, processes = psutil.wait_procs(processes, STOP_SECONDS)


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
