"""What the package imports: nothing of the project around it, and SDK v1 only where that helps programs of SDK v1."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import azureml_emulator

PACKAGE = Path(azureml_emulator.__file__).parent
ENTRY_SCRIPTS = PACKAGE / "azure" / "services" / "no_code" / "scripts"
"""Run in replicas, with the packages that are there; the workspace's own process never imports them."""
FILES = {file.relative_to(PACKAGE).as_posix(): file for file in PACKAGE.rglob("*.py") if file.parent != ENTRY_SCRIPTS}
PROJECT = {"benchmarks", "config", "pipelines", "scoring", "steps", "tests", "workspaces", "tensorflow", "keras"}
SDK_V1 = {
    "azure/assets/datasets/host.py",  # datasets are the SDK's own to read
    "execution/parallel/parallel_run_driver/batches.py",  # tables of a ParallelRunStep, too
    "execution/forkserver/template.py",  # has it loaded before a script asks for it
    "pytest_plugin.py",  # hands tests a Workspace
}
"""A service of SDK v1 is no such place: what the SDK sends is plain JSON."""


def imported(source: str) -> Iterator[str]:
    """Names of the modules that a program imports, also where it gives the name as a text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."
        elif isinstance(node, ast.Constant) and re.fullmatch(r"azureml\.core(\.\w+)*", str(node.value)):
            yield str(node.value)  # the name of a module that something else imports
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            yield from (str(argument.value) for argument in node.args if isinstance(argument, ast.Constant))


def tops(file: Path) -> set[str]:
    return {name.partition(".")[0] for name in imported(file.read_text())}


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import steps", "steps"),
        ("def f():\n    from config.settings import load_settings", "config.settings"),
        ("import importlib\nimportlib.import_module('tensorflow.keras')", "tensorflow.keras"),
        ("MODULES = ('azureml.core',)", "azureml.core"),
        ("from . import x", "."),
    ],
)
def test_what_is_imported_is_seen(source: str, name: str) -> None:
    assert name in set(imported(source))


def test_nothing_of_the_project_is_imported() -> None:
    assert len(FILES) > 100
    assert {name: sorted(found) for name, file in FILES.items() if (found := tops(file) & (PROJECT | {"."}))} == {}


def test_entry_scripts_stand_alone() -> None:
    assert not [name for name, file in FILES.items() if "no_code.scripts" in file.read_text()]
    scripts = list(ENTRY_SCRIPTS.glob("*_score.py"))
    assert scripts
    assert not [file for file in scripts if "azureml_emulator" in tops(file)]


def test_sdk_v1_is_imported_by_its_helpers_alone() -> None:
    only_looks = {"execution/forkserver/driver.py", "execution/commands/sitecustomize.py"}  # whether a script loaded it
    assert {name for name, file in FILES.items() if "azureml" in tops(file)} - only_looks == SDK_V1


def test_what_is_imported_is_declared() -> None:
    """Of other distributions, by the dependencies; the helpers of SDK v1 by the extra."""
    declared = [Requirement(one) for one in requires("azureml-emulator") or []]
    base = {one.name.lower() for one in declared if one.marker is None}
    owners = packages_distributions()
    known = {"azureml_emulator", "azureml", "pytest", "sitecustomize"}
    known.add("parallel_run_driver")  # execution/parallel, which is a path of its own
    for name, file in FILES.items():
        others = tops(file) - sys.stdlib_module_names - known
        allowed = base | ({one.name.lower() for one in declared} if name in SDK_V1 else set())
        missing = {top for top in others if not {owner.lower() for owner in owners.get(top, ())} & allowed}
        assert not missing, f"{name} imports {missing}"
