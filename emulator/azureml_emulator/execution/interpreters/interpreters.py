"""
Which interpreter a run or a service gets for its environment.

    warn     the emulator's own; what it lacks is said at the head of the log
    venv     one of a virtual environment with the declared pip packages, built when it is first needed and kept
    strict   the emulator's own; where it lacks something, the run or the deployment fails
"""

import asyncio
import hashlib
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from azureml_emulator.errors import BadRequest
from azureml_emulator.execution.child import Child
from azureml_emulator.execution.interpreters import requirements
from azureml_emulator.execution.interpreters.curated import curated_note
from azureml_emulator.execution.interpreters.mode import Mode
from azureml_emulator.execution.interpreters.requirements import Declared, declared
from azureml_emulator.execution.logtail import log_tail
from azureml_emulator.wire import Document

_COMPLETE = "complete"
_LOG = "build.log"
_LOG_TAIL = 3000
_SAID = 5
"""So much of what isn't as declared is said at the head of each log."""


@dataclass(frozen=True)
class Interpreter:
    python: str
    note: str
    """Lines for the head of the log; empty where all is as declared."""


class Interpreters:
    def __init__(self, folder: Path, mode: Mode) -> None:
        self._folder = folder
        self.mode = mode
        self._building: dict[str, asyncio.Lock] = {}
        self._said: set[str] = set()

    async def prepare(self, environment: Document | None) -> Interpreter:
        """The interpreter for an environment. Raises BadRequest when strict and it lacks something, or cannot be built.

        The first time takes as long as pip takes where a virtual environment has to be built.
        """
        wanted = declared(environment)
        if curated := curated_note(environment):
            if self.mode is Mode.STRICT:
                raise BadRequest(f"environment {curated}")
            return Interpreter(sys.executable, f"[local workspace] environment {curated}\n")
        if wanted is None:
            return Interpreter(sys.executable, "")
        problems = [problem for problem in [requirements.python_mismatch(wanted)] if problem]
        problems += requirements.missing_conda(wanted)
        if self.mode is not Mode.VENV:
            problems += requirements.missing_pip(wanted)
        if problems and self.mode is Mode.STRICT:
            raise BadRequest(f"environment '{wanted.name}' is not what this interpreter has: {'; '.join(problems)}")
        python = await self._virtual_environment(wanted) if self.mode is Mode.VENV else sys.executable
        return Interpreter(python, self._note(wanted, problems))

    def _note(self, wanted: Declared, problems: list[str]) -> str:
        if not problems:
            return ""
        more = f"; and {len(problems) - _SAID} more" if len(problems) > _SAID else ""
        said = "; ".join(problems[:_SAID]) + more
        note = f"[local workspace] environment '{wanted.name}' is not what runs here: {said}"
        if note not in self._said:
            self._said.add(note)
            print(note, file=sys.stderr, flush=True)
        return note + "\n"

    async def _virtual_environment(self, wanted: Declared) -> str:
        lines = sorted(wanted.pip)
        key = hashlib.sha256("\n".join([sys.version, *lines]).encode()).hexdigest()[:16]
        folder = self._folder / key
        async with self._building.setdefault(key, asyncio.Lock()):
            if not (folder / _COMPLETE).exists():
                await self._build(folder, wanted.name, lines)
        return str(folder / "bin" / "python")

    async def _build(self, folder: Path, name: str, lines: list[str]) -> None:
        """What an emulator that was killed left half-built is built anew."""
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        folder.mkdir(parents=True)
        requirements_file, log = folder / "requirements.txt", folder / _LOG
        requirements_file.write_text("".join(f"{line}\n" for line in lines))
        pip = [
            str(folder / "bin" / "python"),
            "-I",
            "-m",
            "pip",
            "install",
            "--no-input",
            "--disable-pip-version-check",
        ]
        commands = [[sys.executable, "-I", "-m", "venv", str(folder)]]
        commands += [[*pip, "--requirement", str(requirements_file)]] if lines else []
        for command in commands:
            build = await Child.start(command, folder=folder, environment=os.environ, log=log)
            try:
                code = await build.wait()
            except asyncio.CancelledError:
                await build.stop()
                raise
            if code:
                tail = log_tail(log, _LOG_TAIL)
                raise BadRequest(f"environment '{name}' could not be built (exit code {code}); {log} ends:\n{tail}")
        (folder / _COMPLETE).touch()
