"""The local workspace where nothing of SDK v1 is installed."""

from pathlib import Path

import pytest

from tests.e2e.support.environments import link
from tests.e2e.support.newcomer import distributions_of, type_in

pytestmark = pytest.mark.slow

HINT = "pip install 'azureml-emulator[sdk-v1]'"
VERBS = """
    set -e
    azureml-emulator up
    trap 'azureml-emulator down' EXIT
    azureml-emulator status
    azureml-emulator env
    azureml-emulator studio
    azureml-emulator fault 'GET /modelmanagement/v1.0/models' --status 503
    azureml-emulator clock --advance 1h
"""
IMPORT_ALL = """
import importlib, pkgutil, azureml_emulator
scripts = ("__main__", "assets.datasets.host", "forkserver.template", "commands.sitecustomize", "_score")
names = [one.name for one in pkgutil.walk_packages(azureml_emulator.__path__, "azureml_emulator.")]
for name in names:
    if not name.endswith(scripts):
        importlib.import_module(name)
print(len(names), "modules")
"""
HELPERS = """
folder=$(python -c 'import azureml_emulator as package; print(package.__path__[0])')
! python "$folder/azure/assets/datasets/host.py" deliver request answer && cat answer && echo
! python "$folder/execution/forkserver/template.py" 0 driver runs 2>&1
"""
TEST = """
def test_registers(aml_workspace):
    pass


def test_alone():
    pass
"""


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    commands = link(tmp_path_factory.mktemp("environment"), extra="")
    sdk = {name for name in distributions_of(commands) if name.startswith("azureml")}
    assert sdk == {"azureml-emulator", "azureml-inference-server-http"}
    return commands


def test_its_verbs_work(commands: Path, tmp_path: Path) -> None:
    printed = type_in(tmp_path, commands, VERBS)
    assert "local workspace is up at" in printed
    assert "answers 503, for 1 request" in printed
    assert printed.endswith("local workspace stopped\n")


def test_its_modules_can_be_imported(commands: Path, tmp_path: Path) -> None:
    (tmp_path / "import_all.py").write_text(IMPORT_ALL)
    assert int(type_in(tmp_path, commands, "python import_all.py").split()[0]) > 100


def test_what_needs_the_sdk_says_so_in_a_sentence(commands: Path, tmp_path: Path) -> None:
    host, template = type_in(tmp_path, commands, HELPERS).splitlines()
    assert host == f"datasets are read by SDK v1 (No module named 'azureml'): {HINT}"
    assert template == f"no fork server, so that runs start more slowly: No module named 'azureml'; {HINT}"


def test_its_pytest_plugin_is_there(commands: Path, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TEST)
    printed = type_in(tmp_path, commands, "! pytest --aml-workspace")
    assert "1 passed, 1 error" in printed
    assert f"the fixture aml_workspace needs SDK v1 (No module named 'azureml'): {HINT}" in printed
