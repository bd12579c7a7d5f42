import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.settings import load_settings
from workspaces.opening import ensure_home


@pytest.mark.parametrize("before", [None, ""])
def test_a_home_is_there_where_cron_leaves_none(monkeypatch: pytest.MonkeyPatch, before: str | None) -> None:
    """SDK v1 can't be imported without."""
    monkeypatch.setenv("HOME", before) if before is not None else monkeypatch.delenv("HOME")
    ensure_home()
    assert Path(os.environ["HOME"]).is_dir()


def test_a_home_that_is_set_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    ensure_home()
    assert os.environ["HOME"] == str(tmp_path)


OPENED = """
import sys

for absent in ABSENT:
    sys.modules[absent] = None
from config.settings import load_settings
from workspaces.opening import open_workspace

print(open_workspace(load_settings("dev", OVERRIDES, {})).name)
"""


def said(sdk: str, absent: list[str]) -> str:
    """By a process without these packages, which asks nobody for anything."""
    v2 = {"workspace.sdk": "v2", "cluster.managed": "true", "environment.conda_file": "own.yml"}
    program = OPENED.replace("ABSENT", repr(absent)).replace("OVERRIDES", repr(v2 if sdk == "v2" else {}))
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("ARM_", "AZUREML_", "AMLGPU_"))}
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_sdk_v2_is_all_that_a_workspace_of_sdk_v2_needs() -> None:
    assert said("v2", ["azureml"]) == f"{load_settings('dev', environ={}).workspace.name}\n"


@pytest.mark.parametrize(("sdk", "absent", "pythons"), [("v2", "azure.ai", "3.10 to 3.13"), ("v1", "azureml", "3.11")])
def test_an_sdk_that_is_not_installed_is_told_with_what_brings_it(sdk: str, absent: str, pythons: str) -> None:
    assert f"workspace.sdk={sdk} needs packages that aren't installed here" in (told := said(sdk, [absent]))
    assert f"pip install -e '.[sdk-{sdk}]' brings them, on Python " in told
    assert told.rstrip().endswith(pythons)
