"""The environment of its own that azure-cli has, as `make docs-commands` makes it: the SDK wants other versions."""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from typing import Any

from docs.commands.options import FOLDER
from docs.commands.places import ROOT
from docs.commands.shell import Command

PYTHON = ROOT / ".venv-az/bin/python"
REQUIREMENTS = FOLDER / "requirements.txt"
TIMEOUT_SECONDS = 900


def absent() -> str | None:
    """What is to be done first, if anything."""
    return None if PYTHON.exists() else "azure-cli isn't in .venv-az: `make docs-commands` installs it"


def version() -> str:
    """Of azure-cli, as it is locked."""
    found = re.search(r"^azure-cli==(\S+)", REQUIREMENTS.read_text(), re.MULTILINE)
    if found is None:
        raise ValueError(f"{REQUIREMENTS} names no azure-cli")
    return found[1]


def ask(what: str, commands: Sequence[Command]) -> list[Any]:
    """One answer for each command, given without its `az`. The user's own settings of az have no say."""
    with tempfile.TemporaryDirectory() as folder:
        variables = {"PATH": os.environ["PATH"], "AZURE_CONFIG_DIR": folder, "AZURE_CORE_COLLECT_TELEMETRY": "no"}
        asked = subprocess.run(
            [PYTHON, FOLDER / "azure_cli.py", what],
            input=json.dumps(commands),
            env=variables,
            stdout=subprocess.PIPE,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=True,
        )
    answers: list[Any] = json.loads(asked.stdout)
    return answers
