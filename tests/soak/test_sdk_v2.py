"""SDK v2 under the variables of `env`: it reaches the local workspace, or nothing at all."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION
from tests.hostile import hostile_variables, recording_proxy, write_netrc

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]
VERSION = "azure-ai-ml==1.35.2"
PROGRAM = f"""
import jwt
from azure.ai.ml import MLClient
from azure.ai.ml._azure_environments import _get_aml_resource_id_from_metadata as audience
from azure.identity import DefaultAzureCredential
credential = DefaultAzureCredential()
client = MLClient(credential, "{SUBSCRIPTION}", "{RESOURCE_GROUP}", "{NAME}")
print(client.workspaces.get("{NAME}").name)
token = credential.get_token(audience() + "/.default").token
assert jwt.decode(token, options={{"verify_signature": False}})["aud"] == audience()
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One with SDK v2, which isn't installed beside v1."""
    folder = tmp_path_factory.mktemp("v2")
    venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin" / "pip", "install", "-q", VERSION], check=True, timeout=900)
    return folder / "bin" / "python"


@pytest.fixture
def proxy() -> Iterator[tuple[str, list[str]]]:
    with recording_proxy() as (address, seen):
        yield address, seen


def test_it_reaches_the_workspace_or_nothing(python: Path, proxy: tuple[str, list[str]], tmp_path: Path) -> None:
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)} | hostile_variables(proxy[0])
    write_netrc(tmp_path)

    def emulator(verb: str, *options: str) -> str:
        command = [sys.executable, "-m", "azureml_emulator", verb, "--state", str(tmp_path / "state"), *options]
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout

    variables = json.loads(emulator("env", "--start", "--json"))
    redirected = {name: value for name, value in (environ | variables).items() if value}
    try:
        up = subprocess.run([python, "-c", PROGRAM], env=redirected, capture_output=True, text=True, check=False)
    finally:
        emulator("down")
    down = subprocess.run([python, "-c", PROGRAM], env=redirected, capture_output=True, text=True, check=False)

    assert (up.returncode, up.stdout) == (0, f"{NAME}\n"), up.stderr
    assert down.returncode == 1
    assert 'Unknown cloud environment "LocalWorkspace"' in down.stderr
    assert proxy[1] == []
