"""The page that says what the local workspace has, emulator/docs/coverage.md.

The test of each operation comes from a file that `make coverage` writes: a test is named there because the request log
showed that it drives the operation.
"""

import json
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from starlette.routing import Route

from azureml_emulator.azure.storage.blobs.containers import PREFIX
from azureml_emulator.azure.storage.blobs.files import ARTIFACTS, DATASTORE
from azureml_emulator.errors import Forbidden
from azureml_emulator.server.app import PACKAGES
from azureml_emulator.server.middleware.scope import local_path
from azureml_emulator.server.requests.refusals import Refusal

ROOT = Path(__file__).resolve().parents[4]
PAGE = ROOT / "emulator" / "docs" / "coverage.md"
TESTS = Path(__file__).with_name("coverage.json")
"""`{"sdk": {OPERATION: TEST}, "direct": {OPERATION: TEST}}`: driven through the SDK, or only past it."""

_HEAD = """# What the local workspace has

Made by `make coverage` from the routes and from the requests that each test made; tests keep it current. An operation
that is not here is refused with its name (status 400, code `NotSupportedByEmulator`): nothing is ever answered as if it
had worked.
`/subscriptions/…/workspaces/local` is left out of the paths; what remains for the workspace itself is `/arm`. The test
drives the operation through the SDK, save where it says *direct*: those are for other clients. What else is not as on
Azure: [the differences](differences.md).
"""


class Operation(NamedTuple):
    path: str
    """With names in braces, `/modelmanagement/v1.0/models/{model}`."""

    method: str
    service: str
    """The package that has its route."""
    refusal: str = ""
    """Why it is refused; empty for one that works."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def operations() -> list[Operation]:
    """All that the page lists, refused ones too."""
    return [operation for package in PACKAGES for operation in _operations_of(package)]


@cache
def find_operation(method: str, path: str) -> Operation | None:
    """The operation that a request was for; `path` as the client sent it, with the workspace's scope."""
    try:
        local = local_path(path)
    except Forbidden:
        return None
    if local.split("/")[1] in (ARTIFACTS, DATASTORE):
        local = PREFIX + local
    for package in PACKAGES:
        for route in package.routes:
            if method in (route.methods or ()) and route.path_regex.match(local):
                return Operation(route.path, method, _name(package), _refusal(route))
    return None


def page(tests: dict[str, dict[str, str]]) -> str:
    """The Markdown page: the operations of each service with their tests."""
    return "\n".join([_HEAD, *(_section(package, tests) for package in PACKAGES if _operations_of(package))])


def _section(package: ModuleType, tests: dict[str, dict[str, str]]) -> str:
    found = _operations_of(package)
    works = [f"| {one.method} | `{one.path}` | {_test(str(one), tests)} |" for one in found if not one.refusal]
    refused = [
        f"| {one.method} | `{one.path}` | {one.refusal} | {_test(str(one), tests)} |" for one in found if one.refusal
    ]
    lines = [f"## {_name(package)}", "", (package.__doc__ or "").strip(), ""]
    lines += ["| operation | path | test |", "|---|---|---|", *works, ""]
    if refused:
        lines += ["Refused:", "", "| operation | path | why | test |", "|---|---|---|---|", *refused, ""]
    return "\n".join(lines)


def _operations_of(package: ModuleType) -> list[Operation]:
    listed = (route for route in package.routes if route.include_in_schema)
    pairs = ((route, method) for route in listed for method in route.methods or () if method != "HEAD")
    return sorted({Operation(route.path, method, _name(package), _refusal(route)) for route, method in pairs})


def _refusal(route: Route) -> str:
    return route.reason if isinstance(route, Refusal) else ""


def _name(package: ModuleType) -> str:
    return package.__name__.rpartition(".")[2]


def _test(operation: str, tests: dict[str, dict[str, str]]) -> str:
    if test := tests["sdk"].get(operation):
        return _link(test)
    test = tests["direct"].get(operation)
    return f"{_link(test)} *direct*" if test else "none"


def _link(test: str) -> str:
    file, _, function = test.partition("::")
    return f"[{Path(file).stem.removeprefix('test_')}: {function}](../../{file})"


if __name__ == "__main__":
    PAGE.write_text(page(json.loads(TESTS.read_text())))
