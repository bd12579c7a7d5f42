"""What a process is at: stacks of its running threads, which py-spy samples from outside, by stage of a request."""

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SAMPLES_A_SECOND = 400
STAGES = {
    "check of the header": r" \(scoring/inputs/(image|jpeg|png|cost)[a-z_]*\.py",
    "metrics, samples": r" \(scoring/monitoring/",
    "JSON": r"\bto_json \(",
    "answers": r" \(scoring/tasks/",
    "call of the model": r" \(scoring/model/",
    "gather, pad": r" \(scoring/inputs/examples\.py",
    "queue": r"\b(submit|check_room|cancel|wake|_take|_next_size|_next_batch|_release) \(scoring/batcher\.py",
    "lane": r" \(scoring/(batcher|scorer)\.py",
    "mailbox": r" \(scoring/web/mailbox\.py",
    "read body": r"\b(_read|_hold|receive|on_body|on_message_complete) \(",
    "write reply": r"\b(_answer|_send|send|reply|answer|lines|timing|_run|_encode|on_response_complete) \(",
    "front": r" \(scoring/web/",
    "uvicorn": r" \((scoring/worker|uvicorn/protocols)",
    "event loop, sockets": r" \(uvicorn",
}
"""By stage, what matches its frames; the innermost frame that any stage knows decides."""
WAITING = re.compile(r"\bwait \(threading\.py|\b_worker \(concurrent/")
"""The innermost frame of a thread that has nothing to do, though py-spy may think so."""
LINE = re.compile(r"^(?P<stack>.*) (?P<count>\d+)$")
FOLDERS = re.compile(r"\(\S*?/?((scoring|uvicorn)/[^)]*)\)")


class MissingPySpyError(Exception):
    """py-spy isn't installed."""

    def __init__(self) -> None:
        super().__init__("The profile comes from py-spy, which isn't installed: pip install py-spy.")


@contextmanager
def profile(pid: int, file: Path, seconds: float) -> Iterator[Path]:
    """Sample the process while the block goes on, for `seconds`; the file is whole after it. MissingPySpyError."""
    program = shutil.which("py-spy")
    if program is None:
        raise MissingPySpyError
    options = ["--format", "raw", "--rate", str(SAMPLES_A_SECOND), "--duration", str(max(1, round(seconds)))]
    command = [program, "record", *options, "--pid", str(pid), "--output", str(file)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        yield file
        process.wait()


def stages(text: str) -> dict[str, float]:
    """The share of each stage in py-spy's raw output: a line a stack, outermost frame first, and how often it came."""
    counts: Counter[str] = Counter()
    for line in text.splitlines():
        match = LINE.match(line)
        if match and not WAITING.search(match["stack"].rpartition(";")[2]):
            counts[_stage(match["stack"].split(";"))] += int(match["count"])
    return {stage: count / counts.total() for stage, count in counts.items()}


def _stage(stack: list[str]) -> str:
    for frame in reversed(stack):
        short = FOLDERS.sub(r"(\1)", frame)
        for stage, pattern in STAGES.items():
            if re.search(pattern, short):
                return stage
    return "other"
