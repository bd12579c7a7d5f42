"""Looks at a SavedModel in a process of its own: what breaks TensorFlow there is a finding, not our end."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from config.sections.contract import Input, Task
from steps.artifacts.artifact import Part
from steps.registration.contract.findings import Inspection, Obstacle, Wishes

ROOT = Path(__file__).parents[3]
TIME_LIMIT = 180.0  # seconds; a model that takes so long to load and answer once starts no service in time
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
from steps.registration.contract.child import main
main(sys.argv[2])
"""
REQUEST, ANSWER = "request.json", "inspection.json"
FATAL = re.compile(r"F\d{4} [^\]]*\] (.+)")  # absl's form
LONGEST_QUOTE = 200  # characters


class Request(Part):
    """What the process is asked, in a file."""

    saved_model: Path
    input: Input
    task: Task
    labels: tuple[str, ...]
    validation: Path | None
    data_checked: bool


def inspect(
    saved_model: Path,
    wishes: Wishes,
    labels: Sequence[str] = (),
    validation: Path | None = None,
    *,
    data_checked: bool = True,
    time_limit: float = TIME_LIMIT,
) -> Inspection:
    """Read the SavedModel, infer its contract, run it once.

    `labels` are the names in the labels file, empty without one; `validation` is a folder of validation data, in
    whichever form validation reads: what is wrong with it is an obstacle, too, where `data_checked`; else it is only
    what tells of the model.
    """
    request = Request(
        saved_model=saved_model.absolute(),
        input=wishes.input,
        task=wishes.task,
        labels=tuple(labels),
        validation=validation and validation.absolute(),
        data_checked=data_checked,
    )
    with tempfile.TemporaryDirectory(prefix="amlgpu-check-") as folder:
        return _ask(request, Path(folder), time_limit)


def _ask(request: Request, folder: Path, time_limit: float) -> Inspection:
    # Apart from the folder it is called in, where another project may have a config/: it imports what we do.
    (folder / REQUEST).write_text(request.model_dump_json(), encoding="utf-8")
    command = [sys.executable, "-I", "-c", START, json.dumps([str(ROOT), *sys.path]), str(folder)]
    noise = folder / "stderr"
    with (
        noise.open("wb") as stderr,
        subprocess.Popen(
            command,
            # It stays open: its end is how the process knows that nobody waits any more.
            stdin=subprocess.PIPE,
            stdout=stderr,
            stderr=stderr,
            env={**os.environ, **QUIET},
        ) as process,
    ):
        try:
            code = process.wait(time_limit)
        except subprocess.TimeoutExpired:
            return _failed(f"it didn't load and answer once in {time_limit:g} seconds", noise)
        finally:
            process.kill()
    if code > 0:
        raise RuntimeError(f"looking at the SavedModel ended with code {code}:\n{_read(noise)}")
    if (folder / ANSWER).is_file():
        return Inspection.model_validate_json((folder / ANSWER).read_bytes())
    return _failed(_ending(code), noise)


def _read(noise: Path) -> str:
    return noise.read_text(encoding="utf-8", errors="replace")


def _failed(how: str, noise: Path) -> Inspection:
    words = _last_words(_read(noise).splitlines())
    obstacle = Obstacle(
        what=f"TensorFlow didn't survive the model: {how}{f' ({words[:LONGEST_QUOTE]})' if words else ''}.",
        where="the model",
        mend="Load it and call its signature in a Python of your own, tf.saved_model.load(DIR).signatures[KEY](…), "
        "and export it anew once that works.",
    )
    return Inspection(obstacles=(obstacle,))


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
