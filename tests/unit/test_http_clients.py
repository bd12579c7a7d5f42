"""No HTTP client of this project takes passwords of ~/.netrc: they would go out in place of its own key or token."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("benchmarks", "config", "emulator/azureml_emulator", "pipelines", "scoring", "steps", "workspaces")
CALLS = {"get", "post", "put", "patch", "delete", "head", "options", "request"}


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call by the dotted name that it has in the source."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def faults(source: str) -> Iterator[str]:
    tree = ast.parse(source)
    assigned = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Assign)}
    safe = any(one.endswith((".auth = as_given", ".trust_env = False")) for one in assigned)
    for name, call in calls(tree):
        module, _, function = name.rpartition(".")
        keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        if module == "requests" and function in CALLS and keywords.get("auth") != "as_given":
            yield f"{name} without auth=as_given"
        if name == "requests.Session" and not safe:
            yield f"{name} with netrc"
        is_client = module == "httpx" and (function in CALLS or function.endswith("Client"))
        if is_client and keywords.get("trust_env") != "False":
            yield f"{name} without trust_env=False"
        if function == "urlopen":
            yield f"{name} knows no proxy to leave out"


@pytest.mark.parametrize("package", PACKAGES)
def test_every_client_leaves_netrc_alone(package: str) -> None:
    paths = [path for path in (ROOT / package).rglob("*.py") if "peers" not in path.parts]
    found = {f"{path.relative_to(ROOT)}: {fault}" for path in paths for fault in faults(path.read_text("utf-8"))}
    assert paths
    assert found == set()


@pytest.mark.parametrize(
    "source",
    [
        "requests.get(url)",
        "session = requests.Session()",
        "httpx.AsyncClient(timeout=1)",
        "urllib.request.urlopen(url)",
    ],
)
def test_a_client_that_takes_them_is_found(source: str) -> None:
    assert list(faults(source))
