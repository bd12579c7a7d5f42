"""Steps that say what they see of their data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azureml.pipeline.core import StepRun

LOOK = """
import json, os, pathlib, sys

def look(value):
    path = pathlib.Path(value)
    if path.is_file():
        return path.read_text()
    return sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())

seen = {"arguments": sys.argv[1:], "looked at": [look(value) for value in sys.argv[1:]]}
"""
LIST = LOOK + 'print("seen " + json.dumps(seen))'
SHOW = (
    LOOK
    + """
def show(value):
    return value if isinstance(value, str) else value._dataflow._to_pyrecords()

from azureml.core import Run
inputs = dict(Run.get_context().input_datasets)
seen["inputs"] = {name: show(value) for name, value in inputs.items()}
seen["variables"] = {name: os.environ[name] for name in inputs}
print("seen " + json.dumps(seen))
"""
)


def seen(step: StepRun) -> dict[str, Any]:
    """What a step that runs SHOW or LIST says."""
    log = str(step.get_stdout_log())
    lines = [line.removeprefix("seen ") for line in log.splitlines() if line.startswith("seen ")]
    assert lines, (log, step.get_details()["error"])
    found: dict[str, Any] = json.loads(lines[0])
    return found


def reason(step: StepRun) -> str:
    return str(step.get_details()["error"]["error"]["message"])
