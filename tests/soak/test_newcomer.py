"""emulator/README.md in fresh virtual environments that pip filled from the package index: minutes of downloads."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.support.environments import install
from tests.e2e.support.newcomer import SDK_V2, distributions_of, follow

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]


def test_page_after_an_installation_by_pip(tmp_path: Path) -> None:
    printed = follow(tmp_path, install(tmp_path))
    assert "model 1 answers {'y': 42.0}\nlocal workspace stopped\n" in printed
    assert "3 passed" in printed


@pytest.mark.parametrize("version", ["3.12", "3.13"])
def test_page_with_sdk_v2_on_the_pythons_that_v1_lacks(version: str, tmp_path: Path) -> None:
    commands = install(tmp_path, SDK_V2.extra, python_of(version))
    names = distributions_of(commands)
    assert {"azure-ai-ml", "azure-identity"} < names
    assert {one for one in names if one.startswith("azureml")} == {"azureml-emulator", "azureml-inference-server-http"}
    printed = follow(tmp_path, commands, SDK_V2)
    assert 'model 1 answers {"y": 42.0}\nlocal workspace stopped\n' in printed
    assert "2 passed" in printed


def python_of(version: str) -> str:
    """One that runs: the command of pyenv only prints an error, unless the version was chosen, and says where it is."""
    command = shutil.which(f"python{version}")
    of_pyenv = Path(command).parents[1].glob(f"versions/{version}.*/bin/python") if command else ()
    for found in (command, *map(str, sorted(of_pyenv))):
        if found and subprocess.run([found, "-c", ""], check=False, capture_output=True).returncode == 0:
            return found
    pytest.skip(f"there is no Python {version} on this machine")
