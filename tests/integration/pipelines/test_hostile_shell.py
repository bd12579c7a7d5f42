"""What `amlgpu` sends reaches the local workspace alone, whatever the shell holds; also where it holds no HOME."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.hostile import CREDENTIALS, hostile_variables, recording_proxy

ROOT = Path(__file__).parents[3]
PROGRAM = """
import json, os
from config.settings import load_settings
from pipelines.cli.target import open_target
with open_target(load_settings("local"), start=True) as workspace:
    workspace.files.write("hostile/file", b"there", None)
    read = workspace.files.read("hostile/file")
print(json.dumps([read.content.decode(), dict(os.environ)]))
"""


def test_nothing_leads_elsewhere(tmp_path: Path) -> None:
    with recording_proxy() as (proxy, seen):
        environ = {"PATH": os.environ["PATH"], "AMLGPU_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
        environ |= hostile_variables(proxy)
        command = [sys.executable, "-W", "ignore", "-c", PROGRAM]
        try:
            ended = subprocess.run(
                command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=120, check=False
            )
        finally:
            down = [sys.executable, "-m", "azureml_emulator", "down", "--state", str(tmp_path)]
            subprocess.run(down, capture_output=True, check=True)

    assert ended.returncode == 0, ended.stderr
    read, variables = json.loads(ended.stdout)
    assert read == "there"
    assert not set(CREDENTIALS.values()) & set(variables.values())
    assert seen == []
