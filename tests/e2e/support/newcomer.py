"""Someone who follows emulator/README.md to the letter, in an environment that holds nothing else."""

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.support.environments import ROOT

PAGE = (ROOT / "emulator" / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)


@dataclass(frozen=True)
class Way:
    """What the page says for one of the SDKs: how to install it, a program, and tests."""

    extra: str
    program: str
    tests: str

    @property
    def commands(self) -> list[str]:
        """The first installs; the others start the workspace."""
        block: str = next(block for kind, block in BLOCKS if kind == "sh" and f"[{self.extra}]" in block)
        return block.splitlines()


SDK_V1 = Way("sdk-v1", "release.py", "test_line.py")
SDK_V2 = Way("sdk-v2", "release_v2.py", "test_line_v2.py")


def follow(folder: Path, commands: Path, way: Way = SDK_V1) -> str:
    """Writes the page's files, types its commands and starts its program and its tests; returns what was printed."""
    write_files(folder)
    _, *start = way.commands
    script = "\n".join(["set -e", *start, f"python {way.program}", "azureml-emulator down", f"pytest -q {way.tests}"])
    try:
        return type_in(folder, commands, script)
    finally:
        type_in(folder, commands, "azureml-emulator down")


def write_files(folder: Path) -> None:
    (folder / "config.json").write_text(next(block for kind, block in BLOCKS if kind == "json"))
    for kind, block in BLOCKS:
        if kind in ("python", "ini"):
            file = folder / block.splitlines()[0].removeprefix("# ")
            file.parent.mkdir(exist_ok=True)
            file.write_text(block)


def type_in(folder: Path, commands: Path, script: str, **variables: str) -> str:
    """What a script of bash printed, which must succeed, in a folder that is its home, too."""
    environment = {"PATH": f"{commands}:{os.environ['PATH']}", "HOME": str(folder)} | variables
    command = ["/bin/bash", "-c", script]
    ended = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=280, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def distributions_of(commands: Path) -> set[str]:
    """Names of all that is installed in an environment."""
    source = "import importlib.metadata as m, json; print(json.dumps([one.name for one in m.distributions()]))"
    printed = subprocess.run([commands / "python", "-c", source], capture_output=True, text=True, check=True).stdout
    return {name.lower() for name in json.loads(printed)}
