"""Does what a release prints, as a reader does who pastes it into a shell and into Python."""

import ast
import json
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.e2e.conftest import Machine

HINT = re.compile(r"^(?:.*\s)?(\S*amlgpu (?:query|local|logs|status) .*)$", re.MULTILINE)
TITLES = KEY_TITLE, CURL_TITLE, PYTHON_TITLE = "# call it from elsewhere", "# then with curl", "# or with Python"


def hints(printed: str) -> list[str]:
    """The commands of this project in what was printed, but for those that begin a line of the shell's own."""
    return [hint for hint in HINT.findall(printed) if "export" not in hint]


def shell(machine: Machine, script: str) -> str:
    """Standard output of what is typed in the machine's folder."""
    ended = subprocess.run(
        ["/bin/bash", "-c", f"set -e -o pipefail\n{script}"],
        cwd=machine.folder,
        env=machine.environment,
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def call(machine: Machine, printed: str) -> Any:
    """The service's answer to the line for curl, which the program in Python gets too."""
    lines = printed.splitlines()
    at = {title: next(i for i, line in enumerate(lines) if line.startswith(title)) for title in TITLES}
    key, curl = lines[at[KEY_TITLE] + 1], lines[at[CURL_TITLE] + 1]
    program = Path(machine.folder / "call.py")
    program.write_text("\n".join(lines[at[PYTHON_TITLE] + 1 :]), encoding="utf-8")
    answers = shell(machine, f"{key}\n{curl} --silent --show-error --fail\necho\npython3 call.py").splitlines()
    assert shell(machine, f'{key}\necho "$SCORING_KEY"').strip() not in printed
    answer, same = json.loads(answers[0]), ast.literal_eval(answers[1])
    assert answer == same
    return answer
