"""Where a process holds Python's lock: stacks that py-spy samples from outside, summed up by stage of a request."""

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SAMPLES_A_SECOND = 400
STAGES = {
    "header check": r" \(scoring/inputs/(image|jpeg_header|png_header)\.py",
    "metrics, samples": r" \(scoring/monitoring/",
    "JSON": r"^to_json \(",
    "answers": r" \(scoring/tasks/|^_result \(|^_reading",
    "model call": r" \(scoring/model/",
    "gather, pad": r" \(scoring/inputs/examples\.py",
    "mailbox": r" \(scoring/web/mailbox\.py",
    "queue": r"^(submit|check_room|cancel|_take|_next_size|_next_batch|_release) \(scoring/batcher\.py",
    "lane": r" \(scoring/(batcher|scorer)\.py",
    "read body": r"^(_read|_hold|receive|on_body|on_message_complete) \(",
    "write reply": r"^(_answer|_send|send|reply|_encode|on_response_complete) \(",
    "HTTP": r" \((scoring/(web|worker)|uvicorn)[/.]",
}
"""By stage, what matches its frames; the innermost frame that any stage knows decides."""
LINE = re.compile(r"^(?P<stack>.*) (?P<count>\d+)$")
FOLDERS = re.compile(r"\(\S*?/?((scoring|uvicorn|threading|asyncio)[/.][^)]*)\)")


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
        if match := LINE.match(line):
            counts[_stage(match["stack"].split(";"))] += int(match["count"])
    return {stage: count / counts.total() for stage, count in counts.items()}


def _stage(stack: list[str]) -> str:
    for frame in reversed(stack):
        short = FOLDERS.sub(r"(\1)", frame)
        for stage, pattern in STAGES.items():
            if re.search(pattern, short):
                return stage
    return "other"
