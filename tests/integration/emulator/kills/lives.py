"""One emulator process after the other on one state folder, each with a mark that all it starts inherits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

from azureml_emulator.command import daemon
from azureml_emulator.command.preparation import prepare
from tests.integration.emulator.waiting import until

ROOT = Path(__file__).resolve().parents[4]
MARK = "KILLED_LIFE"
ORPHAN_SECONDS = 60.0
"""A step or server has 10 s to end by itself when the emulator is gone, then it is killed: longer on a busy machine."""
_START_SECONDS = 60.0


class Lives:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.log = folder / "emulator.log"
        self.count = 0
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder / "home")}
        for path in (self.state, folder / "home"):
            path.mkdir(exist_ok=True)
        self._token = f"{folder.name}-{os.getpid()}"
        prepare(self.state)  # ports that outgoing connections don't get, so that every life can have them
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        """Start the next life, without waiting for anything."""
        self.count += 1
        command = [sys.executable, "-W", "ignore", "-m", "azureml_emulator", "serve", "--state", str(self.state)]
        environment = self.environment | {MARK: f"{self._token}-{self.count}"}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def ready(self) -> dict[str, Any]:
        """What the life says about itself as soon as it answers."""
        address = until(self._status, f"life {self.count} to answer; its log: {self.log}", _START_SECONDS)
        assert address is not None
        return address

    def _status(self) -> dict[str, Any] | None:
        assert self._process is not None
        assert self._process.poll() is None, f"life {self.count} ended by itself:\n{self.log.read_text()[-3000:]}"
        return daemon.status(self.state)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """`kill -9`. Nothing happens to a life that was killed already."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def end(self) -> None:
        """The proper end of the last life."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(60)

    def orphans(self) -> list[psutil.Process]:
        """Processes that a life before this one started and that are still there."""
        this = f"{self._token}-{self.count}"
        return [process for process in self.survivors() if _mark(process) not in (this, None)]

    def survivors(self) -> list[psutil.Process]:
        """Processes of any life."""
        return [process for process in psutil.process_iter() if (_mark(process) or "").startswith(f"{self._token}-")]

    def refuse_a_second(self) -> None:
        """Another emulator on the same folder must name the first and leave it alone."""
        command = [sys.executable, "-W", "ignore", "-m", "azureml_emulator", "serve", "--state", str(self.state)]
        second = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert second.returncode == 8, second.stderr
        assert f"in use by the local workspace of process {self.pid}" in second.stderr


def _mark(process: psutil.Process) -> str | None:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return process.environ().get(MARK)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None
