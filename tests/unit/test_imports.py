"""Who may import whom, as the sources say: also late, for type checkers alone, or by a name in a text."""

import ast
from collections.abc import Iterator
from pathlib import Path, PurePath

import pytest

REPOSITORY = Path(__file__).parents[2]
MAY_IMPORT = {
    "config": {"config"},
    "scoring": {"scoring"},
    "workspaces": {"workspaces", "config"},
    "steps": {"steps", "workspaces", "scoring", "config"},
    "pipelines": {"pipelines", "steps", "workspaces", "scoring", "config"},
}
PROJECT = {*MAY_IMPORT, "emulator", "azureml_emulator", "tests", "benchmarks"}
LOCAL = PurePath("pipelines/local.py")
"""It alone starts the emulator."""
SDK = {"azureml", "azure", "msrest", "msrestazure", "adal"}
V1, V2, SHARED = "workspaces.v1", "workspaces.v2", "workspaces.azure"
ADAPTERS = (V1, V2, SHARED)
SDK_V2 = "azure.ai"
OPENING = PurePath("workspaces/opening.py")
"""It alone chooses the adapter, so that the SDK's objects can't be had from one."""
ENTRY_SCRIPT = PurePath("scoring/score.py")
"""Azure ML's server hands the SDK's requests to it."""
CLIENTS = {
    PurePath("benchmarks", *parts)
    for parts in (("pipeline.py",), ("router.py",), ("sdk_v2.py",), ("peers", "seed", *ENTRY_SCRIPT.parts))
}
"""They measure the local workspace, or the seed's service, as anybody's SDK program meets it."""
COMPUTED = "a name that is computed"


def imported(source: str) -> Iterator[str]:
    """Dotted names of all that is imported; COMPUTED for what nobody can tell from the source."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from (f"{module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and _called(node.func) in ("import_module", "__import__"):
            yield _text(node.args[0]) if node.args else COMPUTED


def _text(argument: ast.expr) -> str:
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else COMPUTED


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def is_allowed(path: PurePath, name: str) -> bool:
    """Whether the module ``path``, from the root of the repository, may import ``name``."""
    top = name.partition(".")[0]
    if not top or name == COMPUTED:  # a relative import says nothing of where it leads
        return False
    if top in ("emulator", "azureml_emulator"):
        return False  # it is started, in a Python of its own: LOCAL
    if top in SDK:
        return _may_import_sdk(path, name)
    adapter, here = next((one for one in ADAPTERS if f"{name}.".startswith(f"{one}.")), None), _adapter_of(path)
    if adapter is not None:
        return here == adapter or (path == OPENING if here is None else adapter == SHARED)
    return top not in PROJECT or top in MAY_IMPORT[path.parts[0]]


def _may_import_sdk(path: PurePath, name: str) -> bool:
    """Each adapter has its own; Azure's other libraries belong to all of them."""
    here = _adapter_of(path)
    if f"{name}.".startswith(f"{SDK_V2}."):
        return here == V2
    if name.partition(".")[0] == "azure":
        return here is not None
    return here == V1 or path == ENTRY_SCRIPT


def _adapter_of(path: PurePath) -> str | None:
    folder = ".".join(path.parts[:2])
    return folder if folder in ADAPTERS else None


def violations(path: PurePath, source: str) -> list[str]:
    return [f"{path} imports {name}" for name in imported(source) if not is_allowed(path, name)]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_follow_the_direction_of_the_design(package: str) -> None:
    paths = [path.relative_to(REPOSITORY) for path in (REPOSITORY / package).rglob("*.py")]
    found = [one for path in paths for one in violations(path, (REPOSITORY / path).read_text(encoding="utf-8"))]
    assert paths
    assert not found


def test_only_one_module_starts_the_emulator() -> None:
    paths = [path for package in MAY_IMPORT for path in (REPOSITORY / package).rglob("*.py")]
    names = {path.relative_to(REPOSITORY) for path in paths if "azureml_emulator" in path.read_text(encoding="utf-8")}
    assert names == {LOCAL}


def test_of_the_benchmarks_only_clients_of_a_workspace_import_the_sdk() -> None:
    paths = [path.relative_to(REPOSITORY) for path in (REPOSITORY / "benchmarks").rglob("*.py")]
    sources = {path: (REPOSITORY / path).read_text(encoding="utf-8") for path in paths}
    assert {path for path in paths if SDK & {name.partition(".")[0] for name in imported(sources[path])}} == CLIENTS


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("steps/deploy_service.py", "from azureml.core import Workspace"),
        ("steps/deploy_service.py", "def late():\n    from azureml.core.webservice import AksWebservice"),
        (
            "pipelines/definition.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from azureml.core import Run",
        ),
        ("pipelines/definition.py", "import importlib\nimportlib.import_module('azureml.core.model')"),
        ("pipelines/definition.py", "from importlib import import_module\nimport_module('azure.identity')"),
        ("config/settings.py", "__import__('msrest.exceptions')"),
        ("steps/deploy_service.py", "import json, adal"),
        ("workspaces/files.py", "import azure.core as core"),
        ("workspaces/files.py", "from azureml import core"),
        ("scoring/scorer.py", "import azureml.core"),
        ("steps/deploy_service.py", "from workspaces.v1.runs import Run"),
        ("steps/deploy_service.py", "from workspaces import v1"),
        ("workspaces/models.py", "import workspaces.v1.models"),
        ("workspaces/models.py", "from workspaces.azure import arm"),
        ("workspaces/v1/runs.py", "from azure.ai.ml import MLClient"),
        ("workspaces/v1/runs.py", "from workspaces.v2.jobs.runs import V2Run"),
        ("workspaces/v2/jobs/runs.py", "from azureml.core import Run"),
        ("workspaces/azure/errors.py", "import azure.ai.ml.exceptions"),
        ("workspaces/azure/errors.py", "from azureml.core import Run"),
        ("workspaces/azure/errors.py", "from workspaces.v1.runs import V1Run"),
        ("scoring/score.py", "from azure.ai.ml import MLClient"),
        ("config/settings.py", "from steps.script import main"),
        ("config/settings.py", "import workspaces.files"),
        ("scoring/score.py", "from config.settings import Settings"),
        ("workspaces/v1/runs.py", "from steps.script import main"),
        ("steps/deploy_service.py", "def late():\n    import pipelines.definition"),
        ("steps/deploy_service.py", "from tests.unit.steps.conftest import ENVIRONMENT"),
        ("pipelines/definition.py", "import emulator.daemon"),
        ("pipelines/definition.py", "from azureml_emulator import daemon"),
        ("steps/deploy_service.py", "from . import script"),
        ("steps/deploy_service.py", "from importlib import import_module\nimport_module('azureml' + '.core')"),
    ],
)
def test_what_goes_another_way_is_found(path: str, source: str) -> None:
    assert len(violations(PurePath(path), source)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("workspaces/v1/runs.py", "from azureml.core import Run\nfrom workspaces.azure.errors import translates"),
        (
            "workspaces/v2/jobs/runs.py",
            "from azure.ai.ml import MLClient\nfrom workspaces.azure.errors import translates",
        ),
        ("workspaces/azure/files.py", "from azure.core import MatchConditions"),
        ("scoring/score.py", "from azureml.contrib.services.aml_request import AMLRequest, rawhttp"),
        ("workspaces/opening.py", "def late():\n    from workspaces.v1.workspace import sign_in"),
        ("scoring/worker.py", "from azureml_inference_server_http.server.config import config"),
        ("steps/deploy_service.py", "import json\nfrom workspaces.workspace import Workspace"),
        ("steps/deploy_service.py", "SAID = 'import azureml.core'  # import azureml.core"),
    ],
)
def test_what_follows_the_design_passes(path: str, source: str) -> None:
    assert violations(PurePath(path), source) == []
