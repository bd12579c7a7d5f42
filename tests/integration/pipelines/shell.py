"""Types `amlgpu` in a folder of its own, many lines in one process: importing the SDK takes longer than most verbs."""

import json
import os
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[3]

# Each line of input is a list of command lines, and is answered by a line: the commands themselves have no input, and
# what is below them writes to standard error. RUN_ID stands for the last run that one of the list submitted.
SESSION = """
import gc, io, json, os, sys
from contextlib import redirect_stderr, redirect_stdout
from pipelines.cli.main import main

asked, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
os.dup2(os.open(os.devnull, os.O_RDWR), 0)
os.dup2(2, 1)
for lines in asked:
    ended, run_id = [], ""
    for line in json.loads(lines):
        sys.argv = ["amlgpu", *(run_id if word == "RUN_ID" else word for word in line)]
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            try:
                main()
            except SystemExit as exit:
                code = exit.code or 0
        ended.append([code, out.getvalue(), err.getvalue()])
        if line[0] == "submit" and code == 0:
            run_id = json.loads(out.getvalue())["run_id"]
    print(json.dumps(ended), file=answers, flush=True)
gc.freeze()  # as amlgpu.py does: a quicker end
"""


class Ended(NamedTuple):
    """How one command line ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def value(self) -> Any:
        """What a command with --json printed."""
        assert self.exit_code == 0, self.stderr
        return json.loads(self.stdout)


def actions(ended: Ended) -> list[str]:
    """What `amlgpu provision` did, or would do, with each compute."""
    return [compute["action"] for compute in ended.value["computes"]]


class Shell:
    """Runs `amlgpu` in a folder, which is its home and holds its local workspace; `variables` are more of its own."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.environ = {key: value for key, value in os.environ.items() if not key.startswith("AMLGPU_")}
        self.environ |= {"HOME": str(folder), "PYTHONPATH": str(ROOT), "COLUMNS": "200"} | variables
        self._session: subprocess.Popen[str] | None = None

    def __call__(self, *lines: str) -> list[Ended]:
        if self._session is None:
            command = [sys.executable, "-c", SESSION]
            self._session = subprocess.Popen(
                command, cwd=self.folder, env=self.environ, stdin=PIPE, stdout=PIPE, text=True
            )
        assert self._session.stdin is not None
        assert self._session.stdout is not None
        self._session.stdin.write(json.dumps([line.split() for line in lines]) + "\n")
        self._session.stdin.flush()
        answer = self._session.stdout.readline()
        assert answer, f"the session ended with {self._session.wait()}"
        return [Ended(*one) for one in json.loads(answer)]

    def close(self) -> None:
        if self._session is not None:
            self._session.communicate()

    def python(self, script: str, *words: str) -> Any:
        command = [sys.executable, "-c", script, *words]
        ended = subprocess.run(command, cwd=self.folder, env=self.environ, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    def local(self, *words: str) -> None:
        command = [str(Path(sys.executable).with_name("amlgpu")), "local", *words]
        subprocess.run(command, cwd=self.folder, env=self.environ, check=True, stdout=subprocess.DEVNULL)


def typed(shell: Shell, line: str, answer: str) -> Ended:
    """One command line with a terminal to ask, and what is typed there."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-c", "from pipelines.cli.main import main; main()", *line.split()]
    with subprocess.Popen(
        command, cwd=shell.folder, env=shell.environ, stdin=theirs, stdout=PIPE, stderr=PIPE, text=True
    ) as asking:
        os.write(ours, f"{answer}\n".encode())
        out, err = asking.communicate()
    os.close(ours)
    os.close(theirs)
    return Ended(asking.returncode, out, err)
