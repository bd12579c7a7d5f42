"""
The process that scripts are forked from.

    python azureml_emulator/execution/forkserver/template.py SOCKET DRIVER runs|replicas

It imports the SDK, or what the inference server imports, says "ready" on the Unix socket that it was handed on as
descriptor SOCKET, and forks a launcher for each byte that arrives there with two descriptors or three: the control
socket of the new child, its log, and the socket that it listens at. The launcher reads
its request from the control socket, and does from then on what `launcher.py` does. It answers with its process id
at the start and with the script's exit code at the end. When the socket is closed, the template ends; its launchers
don't need it.

A process that becomes a script returns from here up to the interpreter, which ends it as it ends any script.
"""

import gc
import importlib
import json
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

MODULES = {
    "runs": ("runpy", "azureml.core", "azureml.core.run"),
    # Without what is azmlinfsrv's own, which takes its settings from the environment while it is imported, and without
    # gunicorn, which takes the working directory.
    "replicas": (
        *("runpy", "flask", "psutil", "pydantic_settings", "opentelemetry.sdk._logs.export"),
        *("opentelemetry.sdk.trace.export", "azure.monitor.opentelemetry.exporter"),
    ),
}
_INSTALL = {"runs": "; pip install 'azureml-emulator[sdk-v1]'"}
Request = dict[str, Any]


def serve(requests: socket.socket, baseline: "Baseline") -> Request:
    """Fork launchers until the emulator goes. Returns only in processes that are to become a script: the request."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # launchers are reaped by the kernel
    try:
        requests.sendall(b"ready\n")
    except BrokenPipeError:  # the emulator went away during the imports
        os._exit(0)
    while True:
        byte: bytes = b""
        descriptors: list[int] = []
        with suppress(ConnectionResetError):  # the emulator was killed, with something unread
            byte, descriptors, *_ = socket.recv_fds(requests, 1, 3)
        if not byte:
            os._exit(0)
        if os.fork() == 0:
            requests.close()
            return _launch(socket.socket(fileno=descriptors[0]), *descriptors[1:], baseline=baseline)
        for descriptor in descriptors:
            os.close(descriptor)


def _launch(control: socket.socket, log: int, listener: int | None = None, *, baseline: "Baseline") -> Request:
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for standard in (1, 2):
        os.dup2(log, standard)
    os.close(log)
    line = b""
    with suppress(ConnectionResetError), control.makefile("rb") as reader:
        line = reader.readline()
    if not line.endswith(b"\n"):  # the emulator went away meanwhile
        os._exit(1)
    request: Request = json.loads(line)
    stale = baseline.is_stale()
    request["path"] = None if stale else baseline.path_of(request)
    with suppress(BrokenPipeError, ConnectionResetError):  # then supervise() ends it at once
        control.sendall(json.dumps({"pid": os.getpid(), "stale": stale}).encode() + b"\n")
    temporary = child_process.temporary_folder(request["environment"], request["folder"])
    child = child_process.fork_group()
    if child == 0:
        control.close()
        if listener is not None:
            child_process.hand_on(listener, request["environment"])
        return request
    if listener is not None:
        os.close(listener)
    code = child_process.supervise(child, lifeline=control.fileno())
    child_process.remove(temporary)
    with suppress(OSError):  # the emulator went away: nobody asks
        control.sendall(b"%d\n" % (code & 0xFF))
    os._exit(0)


def become(driver: str, request: Request, what: str) -> None:
    """Turn this process into one that a fresh interpreter would be, or start a fresh interpreter in its place."""
    os.chdir(request["folder"])
    arguments = [driver, *request["arguments"]]
    if request["path"] is None:
        if what == "replicas":  # which need no driver
            arguments = request["arguments"]
        os.execve(sys.executable, [sys.executable, *arguments], request["environment"])  # noqa: S606
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv, sys.orig_argv = arguments, [sys.executable, *arguments]
    sys.path[:] = [str(Path(driver).parent), *request["path"]]
    importlib.invalidate_caches()
    _renew_modules()


def _renew_modules() -> None:
    """Set anew what modules keep of the process that imported them. (`random` seeds itself anew after a fork.)"""
    if processes := sys.modules.get("multiprocessing.process"):
        processes.ORIGINAL_DIR = str(Path.cwd())  # type: ignore[attr-defined]
        processes.current_process().authkey = os.urandom(32)
    if files := sys.modules.get("tempfile"):
        files.tempdir = None  # type: ignore[attr-defined]
    if logs := sys.modules.get("azureml.dataprep.api._loggerfactory"):
        logs.run_id = os.environ["AZUREML_RUN_ID"]  # type: ignore[attr-defined]
        logs.log_directory = str(Path("logs/azureml/dataprep").absolute())  # type: ignore[attr-defined]


def _refuse_state_that_forks_share(what: str) -> None:
    """Threads don't survive a fork, and numpy's random numbers would be the same in every script."""
    threads = len(list(Path("/proc/self/task").iterdir()))
    if threads > 1 or "numpy" in sys.modules:
        sys.exit(f"no fork server: importing {', '.join(MODULES[what])} left {threads} threads, or loaded numpy")


def _imported(what: str) -> "Baseline":
    """The path stays as it is in a fresh interpreter: setuptools, which the SDK imports, appends to it."""
    path = sys.path.copy()
    try:
        baseline = Baseline(MODULES[what])
        sys.path[:] = path
        return baseline
    except ModuleNotFoundError as missing:
        sys.exit(f"no fork server, so that {what} start more slowly: {missing}{_INSTALL.get(what, '')}")


def _forget_emulator() -> None:
    """A script finds no module of the emulator, as it finds none in a fresh interpreter."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "azureml_emulator"]:
        del sys.modules[name]


if __name__ == "__main__":
    sys.path.pop(0)  # the folder of this file
    from azureml_emulator.execution import launcher as child_process
    from azureml_emulator.execution.forkserver import driver as driver_module
    from azureml_emulator.execution.forkserver.likeness import Baseline

    _forget_emulator()
    gc.disable()  # what is imported stays: looking for garbage meanwhile takes long and finds nothing
    _number, _driver, _what = sys.argv[1:]
    _baseline = _imported(_what)
    _socket = socket.socket(fileno=int(_number))
    _refuse_state_that_forks_share(_what)
    gc.collect()
    gc.freeze()
    gc.enable()
    become(_driver, serve(_socket, _baseline), _what)
    driver_module.main()
