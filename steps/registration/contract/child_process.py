"""A process of its own for TensorFlow: what breaks it there is an answer, not our end; nothing of it is printed."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from steps.artifacts.artifact import Part

ROOT = Path(__file__).parents[3]
# Without a GPU: the answer is the same, and another program may hold the GPU's memory.
QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "CUDA_VISIBLE_DEVICES": "-1",
    "PYTHONUNBUFFERED": "1",
}
START = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from {module} import main
main(sys.argv[2])
"""
REQUEST, ANSWER = "request.json", "answer.json"
FATAL = re.compile(r"F\d{4} [^\]]*\] (.+)")  # absl's form
NO_VARIABLES: Mapping[str, str] = MappingProxyType({})
LONGEST_QUOTE = 200  # characters


class Died(Exception):
    """It ended, or was ended, without an answer: how, with its last words."""


def ask(module: str, request: Part, time_limit: float, variables: Mapping[str, str] = NO_VARIABLES) -> bytes:
    """What main() of ``module`` answers to ``request``, both as JSON in files; it gets their folder.

    ``time_limit`` is in seconds; ``variables`` are of its environment, beside ours. Died where the process doesn't
    survive; RuntimeError where it raised.
    """
    with tempfile.TemporaryDirectory(prefix="amlgpu-child-") as folder:
        (Path(folder) / REQUEST).write_text(request.model_dump_json(), encoding="utf-8")
        return _run(module, Path(folder), time_limit, variables)


def _run(module: str, folder: Path, time_limit: float, variables: Mapping[str, str]) -> bytes:
    # Apart from the folder it is called in, where another project may have a config/: it imports what we do.
    start = START.replace("{module}", module)
    command = [sys.executable, "-I", "-c", start, json.dumps([str(ROOT), *sys.path]), str(folder)]
    noise = folder / "stderr"
    with (
        noise.open("wb") as stderr,
        subprocess.Popen(
            command,
            # It stays open: its end is how the process knows that nobody waits any more.
            stdin=subprocess.PIPE,
            stdout=stderr,
            stderr=stderr,
            env={**os.environ, **QUIET, **variables, "TMPDIR": str(folder)},  # it may be killed, and remove nothing
        ) as process,
    ):
        try:
            code = process.wait(time_limit)
        except subprocess.TimeoutExpired:
            raise Died(_with_last_words(f"it wasn't done in {time_limit:g} seconds", noise)) from None
        finally:
            process.kill()
    if code > 0:
        raise RuntimeError(f"{module} ended with code {code}:\n{_read(noise)}")
    if (folder / ANSWER).is_file():
        return (folder / ANSWER).read_bytes()
    raise Died(_with_last_words(_ending(code), noise))


def _read(noise: Path) -> str:
    return noise.read_text(encoding="utf-8", errors="replace")


def _with_last_words(how: str, noise: Path) -> str:
    words = _last_words(_read(noise).splitlines())
    return f"{how} ({words[:LONGEST_QUOTE]})" if words else how


def _last_words(lines: Sequence[str]) -> str:
    """What TensorFlow, or Python, said last of why it ends: above the places in its own code."""
    fatal = [found[1] for line in lines if (found := FATAL.match(line))]
    plain = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith(("@", "*", "<", "File"))]
    return (fatal or plain or [""])[-1]


def _ending(code: int) -> str:
    if not code:
        return "its process ended without an answer"
    name = signal.Signals(-code).name
    return f"its process was ended by {name}" + (", as where memory runs out" if name == "SIGKILL" else "")
