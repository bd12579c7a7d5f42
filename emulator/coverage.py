"""The page that says what the local workspace has: `python -m emulator.coverage > docs/emulator-coverage.md`."""

from pathlib import Path
from types import ModuleType

from starlette.routing import Route

from emulator.app import PACKAGES

_DIFFERENCES = Path(__file__).with_name("differences.md")
_HEAD = """# What the local workspace has

Made from the routes by `python -m emulator.coverage`; a test keeps it current. An operation that is not here answers
501 with its name: nothing is ever answered as if it had worked. `/subscriptions/…/workspaces/local` is left out of the
paths; what remains for the workspace itself is `/arm`.
"""


def page() -> str:
    """The Markdown page: differences written by hand, then the operations of each service."""
    sections = [_section(package) for package in PACKAGES]
    return "\n".join([_HEAD, _DIFFERENCES.read_text(), *sections])


def _section(package: ModuleType) -> str:
    name = package.__name__.rpartition(".")[2]
    rows = sorted({row for route in package.routes if route.include_in_schema for row in _rows(route)})
    table = ["| operation | path |", "|---|---|", *(f"| {method} | `{path}` |" for path, method in rows)]
    return "\n".join([f"## {name}", "", (package.__doc__ or "").strip(), "", *table, ""])


def _rows(route: Route) -> list[tuple[str, str]]:
    return [(route.path, method) for method in sorted(route.methods or ()) if method != "HEAD"]


if __name__ == "__main__":
    print(page(), end="")
