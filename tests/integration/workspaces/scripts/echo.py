"""A step that says what it was given."""

import json
import os
import sys
import tempfile
import uuid
from pathlib import Path

from workspaces.opening import current_run

words = sys.argv[1:]
folders = {name: Path(value) for name, value in zip(words[::2], words[1::2], strict=True) if name.endswith("-written")}
output = next(path for name, path in folders.items() if name == f"--{current_run().name}-written")
given = {
    "names": words[::2],
    "values": {name: value for name, value in zip(words[::2], words[1::2], strict=True) if name not in folders},
    "read": {name: (path / "word").read_text() for name, path in folders.items() if path != output},
    "variables": {name: os.environ.get(name) for name in ("STEPS", "BESIDE")},
    "folder": str(Path.cwd()),
    "scripts": sorted(path.name for path in Path.cwd().glob("*.py")),
    "unlike any other run's": uuid.uuid4().hex,
}
(output / "word").write_text(f"by {current_run().name}")
with tempfile.TemporaryDirectory() as work:
    file = Path(work) / "given.json"
    file.write_text(json.dumps(given))
    current_run().keep({"outputs/given.json": file})
