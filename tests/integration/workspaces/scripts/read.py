"""A step that hands on what the step before it wrote, and what it finds in that one's run."""

import argparse
import json
import tempfile
from pathlib import Path

from workspaces.opening import current_run

parser = argparse.ArgumentParser()
parser.add_argument("--kept", type=Path)
parser.add_argument("--read", type=Path)
folders = parser.parse_args()

run = current_run()
seen = json.loads((folders.kept / "seen.json").read_text())
with tempfile.TemporaryDirectory() as work:
    run.workspace.runs.steps(run.pipeline_run_id)["keep"].fetch("outputs/note.txt", Path(work) / "note")
    seen["fetched by the next step"] = (Path(work) / "note").read_text()
    result = folders.read / "result.json"
    result.write_text(json.dumps(seen))
    run.keep({"outputs/result.json": result})
