"""The other model servers: each in an environment of its own, made from its requirements when first needed."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.gpu.device import gpus
from benchmarks.serving import ROOT
from benchmarks.serving.servers.processes import running

FOLDER = ROOT / "benchmarks" / "peers"
ENVIRONMENTS = ROOT / ".venv-peers"
REASON_CHARACTERS = 200
_INSTALL_SECONDS = 1200


class UnavailableError(Exception):
    """A service can't be installed or started here; the message says why, in one line."""


def pins(peer: str) -> dict[str, str]:
    """Package and version of each line of the peer's requirements."""
    lines = (FOLDER / peer / "requirements.txt").read_text(encoding="utf-8").splitlines()
    found = (re.fullmatch(r"([\w.\-\[\]]+)==(\S+)", line.strip()) for line in lines)
    return {match[1]: match[2] for match in found if match}


def install(peer: str) -> Path:
    """The interpreter of the peer's environment, which is made anew when its requirements have changed."""
    folder = ENVIRONMENTS / peer
    python, done, wanted = folder / "bin" / "python", folder / "requirements.txt", requirements(peer, gpu=bool(gpus()))
    if done.is_file() and done.read_text(encoding="utf-8") == wanted:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    _run([sys.executable, "-m", "venv", str(folder)])
    given = folder / "wanted.txt"
    given.write_text(wanted, encoding="utf-8")
    _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", str(given)])
    given.rename(done)
    return python


def requirements(peer: str, *, gpu: bool) -> str:
    """The peer's requirements.txt, with TensorFlow's build for the device."""
    text = (FOLDER / peer / "requirements.txt").read_text(encoding="utf-8")
    return text.replace("tensorflow-cpu==", "tensorflow[and-cuda]==") if gpu else text


def _run(command: list[str]) -> None:
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"can't be installed in {_INSTALL_SECONDS:g} s") from None
    if result.returncode:
        raise UnavailableError(f"can't be installed: {last_line(result.stderr)}")


@contextmanager
def peer(name: str, program: str, saved_model: Path, log: Path) -> Iterator[str]:
    """Run one of a peer's programs; gives the root of its URLs, where it may not listen yet."""
    python = install(name)
    port = free_port()
    command = [str(python), str(FOLDER / name / program), str(saved_model), str(port)]
    libraries = [str(path) for path in python.parents[1].glob("lib/python*/site-packages/nvidia/*/lib")]
    variables = {
        "PYTHONPATH": str(ROOT),
        "TF_CPP_MIN_LOG_LEVEL": "2",
        # TensorFlow 2.21 doesn't look for cuSOLVER where its own wheels put it.
        "LD_LIBRARY_PATH": ":".join([*libraries, os.environ.get("LD_LIBRARY_PATH", "")]),
    }
    with running(command, variables, log, log.parent):
        yield f"http://127.0.0.1:{port}"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def last_line(text: str) -> str:
    """The last line of a log that says something, cut to a table's width."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    last = lines[-1] if lines else "it said nothing"
    return last if len(last) <= REASON_CHARACTERS else f"…{last[1 - REASON_CHARACTERS :]}"
