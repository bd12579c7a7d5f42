"""TensorFlow takes seconds to import and prints as it does: only the processes that need it have it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
MODULES = (
    "pipelines.scaffold.naming",
    "pipelines.scaffold.notes",
    "pipelines.scaffold.service_file",
    "pipelines.scaffold.writing",
    "pipelines.prediction.prediction",
    "steps.registration.contract.exploration.exploration",
)


def test_the_command_line_has_none_of_it() -> None:
    script = f"import sys, {', '.join(MODULES)}; print('tensorflow' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout == "False\n"
