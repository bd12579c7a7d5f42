"""Schemathesis, given a service's own document and sent to it: what isn't as documented."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests

HERE = Path(__file__).parent
ROOT = HERE.parents[4]
HOOKS = "tests.integration.scoring.web.openapi.schemathesis_hooks"
LONGEST_LINE = 400


def look_for_undocumented(
    base: str, folder: Path, *, examples: int, seed: int, version: str = "3.1", key: str | None = None
) -> None:
    """Fail with its report where it finds something; ``base`` is the address that /score and /swagger.json follow.

    Without ``key`` the service itself is asked, which leaves keys to the front end: the document then asks for none.
    Swagger 2 allows more than the service takes, where it has no words for what that is. The front end names the
    methods that it routes, whatever the service does with them.
    """
    known = {"Authorization": f"Bearer {key}"} if key else {}
    document = requests.get(f"{base}/swagger.json", {"version": version}, headers=known, timeout=60).json()
    if not key:
        del document["security"]
    (folder / "document.json").write_text(json.dumps(document), encoding="utf-8")
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"), "run"]
    options = ["--origin", "/".join(base.split("/")[:3]), "--seed", str(seed), "--max-examples", str(examples)]
    options += ["--exclude-checks", "positive_data_acceptance"] if version == "2" else []
    options += ["--exclude-checks", "allow_header_conformance"] if key else []
    options += [part for name, value in known.items() for part in ("--header", f"{name}: {value}")]
    ended = subprocess.run(
        [*command, "document.json", *options, "--phases", "examples,coverage,fuzzing", "--continue-on-failure"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "SCHEMATHESIS_HOOKS": HOOKS},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        lines = (ended.stdout + ended.stderr).splitlines()
        pytest.fail("\n".join(line[:LONGEST_LINE] for line in lines), pytrace=False)
