"""scoring/environment/ describes what setup.py describes, for the machine that serves."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "scoring" / "environment"
OURS = {"config", "scoring", "steps", "workspaces"}
NOT_IN_STEPS = "azureml.pipeline"
"""What a command line alone asks for, and late: tests/unit/steps/test_imports.py proves that steps do without."""
TRANSITIVE = {
    *("flask", "google", "jwt", "markupsafe", "msrest", "pydantic_core", "typing_extensions", "urllib3", "werkzeug")
}
"""Of the inference server (the first and the last), TensorFlow (protobuf), Jinja2, azureml-core, pydantic, requests."""
NAMESPACES = {
    "azure.core": "azure-identity",  # needs it
    "azure.identity": "azure-identity",
    "azureml._vendor": "azureml-core",
    "azureml.contrib": "azureml-contrib-services",
    "azureml.core": "azureml-core",
    "azureml.exceptions": "azureml-core",
}


def of_pip() -> list[str]:
    lines = (FOLDER / "requirements.in").read_text(encoding="utf-8").splitlines()
    return [line.partition(" #")[0] for line in lines if not line.startswith("#")]


def of_conda_forge() -> list[str]:
    """conda's `=` is no operator of pip's."""
    dependencies = yaml.safe_load((FOLDER / "conda-forge.yml").read_text(encoding="utf-8"))["dependencies"]
    lines = [re.sub(r"(?<=\w)=(?=\d)", "==", line) for line in dependencies if isinstance(line, str)]
    return [*lines, *dependencies[-1]["pip"]]


@pytest.fixture(scope="module", params=[of_pip, of_conda_forge])
def environment(request: pytest.FixtureRequest) -> dict[str, Requirement]:
    """Every requirement of one of the two by its canonical name; TensorFlow by the name that all know it by."""
    requirements: dict[str, Requirement] = {
        canonicalize_name(one.name): one for one in map(Requirement, request.param())
    }
    if tensorflow := requirements.pop("tensorflow-gpu", None):
        numpy = requirements.pop("numpy")  # of TensorFlow's choice, within ours
        assert (str(tensorflow.specifier), str(numpy.specifier)) == ("==2.19.*", "<2.2,>=1.26")
        requirements |= {"tensorflow": Requirement("tensorflow"), "numpy": Requirement("numpy")}
    return requirements


def imported_modules() -> Iterator[str]:
    for package in OURS:
        for path in (ROOT / package).rglob("*.py"):
            if path.is_relative_to(ROOT / "workspaces" / "v2"):  # its packages are an environment.conda_file's so far
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    yield from (alias.name for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module:
                    yield node.module


def distribution(module: str) -> str:
    """The distribution that brings `module`; `azureml` and `azure` are shared by many."""
    top = module.partition(".")[0]
    if top in ("azure", "azureml"):
        return NAMESPACES[".".join(module.split(".")[:2])]
    return top if top == "tensorflow" else packages_distributions()[top][0]


def test_versions_are_those_of_setup(environment: dict[str, Requirement]) -> None:
    described = [Requirement(line) for line in requires("aml-gpu-pipeline") or []]
    shared = [requirement for requirement in described if canonicalize_name(requirement.name) in environment]
    assert len({requirement.name for requirement in shared}) >= 10
    for requirement in shared:
        specifier = environment[canonicalize_name(requirement.name)].specifier
        assert specifier in (SpecifierSet(), requirement.specifier), requirement.name


def test_every_import_of_the_steps_and_the_service_is_listed(environment: dict[str, Requirement]) -> None:
    theirs = {name for name in imported_modules() if name.partition(".")[0] not in OURS | TRANSITIVE}
    outside = {name for name in theirs if not name.startswith(NOT_IN_STEPS)}
    needed = {
        canonicalize_name(distribution(name))
        for name in outside
        if name.partition(".")[0] not in sys.stdlib_module_names
    }
    assert needed <= set(environment)
