"""emulator/README.md, followed in an environment of what `emulator[sdk-v1]` asks for, and pytest, and in one of what
`emulator[sdk-v2]` does; and what such an environment must not have, nor do to others.

They are put together from what is installed for this test; tests/soak has the same with installations by pip.
"""

from pathlib import Path

import pytest

from tests.e2e.support.environments import link
from tests.e2e.support.newcomer import SDK_V1, SDK_V2, distributions_of, follow, type_in, write_files

pytestmark = pytest.mark.slow

OURS = ("benchmarks", "config", "emulator", "pipelines", "scoring", "steps", "tests", "workspaces")
THEIRS = ("config", "emulator", "pipelines", "scoring", "steps")
IN_THE_WAY = ("config/__init__", "emulator", "json", "starlette", "steps", "typer", "uvicorn", "yaml")
OWN = """
import importlib
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize("name", ["config", "emulator", "pipelines", "scoring", "steps"])
def test_own(name):
    assert Path(importlib.import_module(f"{name}.own").__file__).parent == HERE / name


def test_with_a_workspace(aml_workspace):
    import config.own

    assert config.own.NAME == "config"
"""


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return link(tmp_path_factory.mktemp("environment"))


def test_page_in_a_clean_environment(commands: Path, tmp_path: Path) -> None:
    assert SDK_V1.commands[0] == 'pip install "path/to/this/repository/emulator[sdk-v1]"'
    assert not {name for name in distributions_of(commands) if name.startswith(("tensorflow", "scikit", "keras"))}
    printed = follow(tmp_path, commands)
    assert "model 1 answers {'y': 42.0}\nlocal workspace stopped\n" in printed
    assert "3 passed" in printed


@pytest.mark.soak  # which follows it on later Pythons, too
def test_page_with_sdk_v2_alone(tmp_path: Path) -> None:
    assert SDK_V2.commands[0] == 'pip install "path/to/this/repository/emulator[sdk-v2]"'
    assert len(SDK_V2.commands) == 3
    commands = link(tmp_path / "environment", SDK_V2.extra)
    of_azureml = {name for name in distributions_of(commands) if name.startswith("azureml")}
    assert of_azureml == {"azureml-emulator", "azureml-inference-server-http"}
    folder = tmp_path / "newcomer"
    folder.mkdir()
    printed = follow(folder, commands, SDK_V2)
    assert 'model 1 answers {"y": 42.0}\nlocal workspace stopped\n' in printed
    assert "2 passed" in printed


def test_it_installs_no_name_but_its_own(commands: Path, tmp_path: Path) -> None:
    for name in OURS:
        type_in(tmp_path, commands, f"! python -c 'import {name}' 2> error && grep -q 'No module named' error")
    type_in(tmp_path, commands, "python -c 'import azureml_emulator'")


@pytest.mark.parametrize(
    "are_packages", [True, pytest.param(False, marks=pytest.mark.soak)], ids=["with __init__.py", "without"]
)
def test_a_project_imports_its_own(commands: Path, tmp_path: Path, are_packages: bool) -> None:
    for name in THEIRS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "own.py").write_text(f"NAME = {name!r}\n")
        if are_packages:
            (tmp_path / name / "__init__.py").touch()
    (tmp_path / "test_own.py").write_text(OWN)
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\naml_workspace = true\n")
    for mode in ("importlib", "prepend"):
        assert "6 passed" in type_in(tmp_path, commands, f"pytest -q -p no:cacheprovider --import-mode={mode}")
    type_in(tmp_path, commands, "python -c 'import config.own, emulator.own, pipelines.own, scoring.own, steps.own'")


def test_modules_in_the_way_are_never_imported(commands: Path, tmp_path: Path) -> None:
    """Where the commands are typed, and on PYTHONPATH: a run and a service work all the same."""
    trap, program = tmp_path / "trap", tmp_path / "program"
    for name in IN_THE_WAY:
        (trap / name).parent.mkdir(parents=True, exist_ok=True)
        (trap / f"{name}.py").write_text(f"raise RuntimeError('this is the wrong {name}')\n")
    program.mkdir()
    write_files(program)
    script = f"""
        set -e
        cd {trap}
        export PYTHONPATH={trap} AZUREML_EMULATOR_HOME={tmp_path}/state
        ! python -c 'import json' 2> /dev/null
        azureml-emulator up
        trap 'azureml-emulator down' EXIT
        python -m azureml_emulator status
        eval "$(azureml-emulator env)"
        azureml-emulator studio
        cd {program}
        env --unset PYTHONPATH python release.py
    """
    printed = type_in(tmp_path, commands, script)
    assert "/studio/open?ticket=" in printed
    assert "model 1 answers {'y': 42.0}\nlocal workspace stopped\n" in printed
    assert "the wrong" not in (tmp_path / "state" / "emulator.log").read_text()
