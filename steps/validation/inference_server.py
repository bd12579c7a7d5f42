"""Runs the real Azure ML inference server on this machine, for as long as a `with` block lasts.

azmlinfsrv listens on every interface and has no option against it. gunicorn below it takes over a socket that it
inherits, though (systemd's socket activation), so the socket is bound here, to loopback and a free port.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from config.errors import ModelError
from steps.server_log import reason

STOP_SECONDS = 2.0
# The server is asked to end when this process does, even by SIGKILL: prctl(PR_SET_PDEATHSIG), which only Linux has.
LAUNCHER = """
import ctypes, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 15)
    if os.getppid() != int(sys.argv[3]):  # it went before we asked
        sys.exit(1)
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.executable, [sys.executable, "-m", "azureml_inference_server_http", "--entry_script", sys.argv[2]])
"""


class InferenceServer:
    """The inference server with ``scoring/score.py`` from ``root`` and a model, on 127.0.0.1.

    with InferenceServer(root, model_dir, variables, deadline=60, log=folder / "server.log") as server:
        requests.post(server.scoring_uri, data=image)

    ``model_dir`` is what the service sees as AZUREML_MODEL_DIR; scoring.contract.version_folder() is in it.
    ``meanwhile`` is called while the server starts, and has ended before the block begins.
    Raises ModelError, with the reason that the log gives, when the server isn't healthy within ``deadline`` seconds.
    """

    def __init__(
        self,
        root: Path,
        model_dir: Path,
        variables: Mapping[str, str],
        *,
        deadline: float,
        log: Path,
        meanwhile: Callable[[], None] | None = None,
    ) -> None:
        self.root = root.resolve()
        self.log = log
        self.deadline = deadline
        self.scoring_uri = ""
        self.startup_seconds = 0.0
        self._meanwhile = meanwhile
        self._variables = {
            **variables,
            "AML_APP_ROOT": str(self.root),
            "AZUREML_MODEL_DIR": str(model_dir.resolve()),
            "XDG_RUNTIME_DIR": str(log.parent),  # gunicorn's control socket: one a server, not one a user
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._temporary: TemporaryDirectory[str] | None = None
        """What its processes leave there goes with them: they are killed, and remove nothing."""

    def __enter__(self) -> "InferenceServer":
        start = time.monotonic()
        url = self._start()
        try:
            with self._working_meanwhile():
                self._wait_healthy(url)
                self.startup_seconds = time.monotonic() - start
        except BaseException:
            self._stop()
            raise
        self.scoring_uri = f"{url}/score"
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    @contextmanager
    def _working_meanwhile(self) -> Iterator[None]:
        if self._meanwhile is None:
            yield
            return
        with ThreadPoolExecutor(1) as thread:
            done = thread.submit(self._meanwhile)
            yield
        done.result()

    def _reason(self) -> str:
        return reason(self.log.read_text(encoding="utf-8", errors="replace"))

    def _start(self) -> str:
        self._temporary = TemporaryDirectory(prefix="amlgpu-", ignore_cleanup_errors=True)
        with socket.create_server(("127.0.0.1", 0)) as listener, self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", LAUNCHER, str(listener.fileno()), "scoring/score.py", str(os.getpid())],
                cwd=self.root,
                env={**os.environ, **self._variables, "TMPDIR": self._temporary.name},
                pass_fds=[listener.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            return f"http://127.0.0.1:{listener.getsockname()[1]}"

    def _wait_healthy(self, url: str) -> None:
        # One request is enough: it waits in the socket's queue until a worker is ready, and is reset if none ever is.
        try:
            with requests.Session() as session:
                session.trust_env = False
                response = session.get(url, timeout=self.deadline)
        except requests.Timeout:
            late = f"the inference server wasn't healthy after {self.deadline:g} s"
            raise ModelError(f"{late}: {self._reason()}") from None
        except requests.ConnectionError:
            raise ModelError(f"the inference server ended while starting: {self._reason()}") from None
        if not response.ok:
            raise ModelError(f"the inference server's health page answered {response.status_code}: {self._reason()}")

    def _stop(self) -> None:
        process = self._process
        if process is None:
            return
        _signal_group(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        _signal_group(process.pid, signal.SIGKILL)  # also a worker that outlived its master
        process.wait()
        if self._temporary:
            self._temporary.cleanup()


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
        os.killpg(group, number)
