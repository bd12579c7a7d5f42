"""A notebook as a program: its cells in their order, without what only a notebook has, and with a few texts changed."""

import json
import re
from pathlib import Path

from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION

_WORKSPACE = {"<SUBSCRIPTION_ID>": SUBSCRIPTION, "<RESOURCE_GROUP>": RESOURCE_GROUP, "<AML_WORKSPACE_NAME>": NAME}
_WRITES = re.compile(r"\s*%%writefile (?P<file>\S+)\n(?P<text>.*)", re.DOTALL)
_MAGIC = re.compile(r"^\s*[%!].*$", re.MULTILINE)


def program_of(notebook: Path, changes: dict[str, str], left_out: tuple[str, ...] = ()) -> str:
    """`changes` are of texts that it has; cells with one of `left_out` are not taken. Raises ValueError for others."""
    cells = ["".join(cell["source"]) for cell in json.loads(notebook.read_text())["cells"] if _is_code(cell)]
    whole = "\n".join(cells)
    if absent := [text for text in (*changes, *left_out) if text not in whole]:
        raise ValueError(f"{notebook.name} has no {absent[0]!r}")
    kept = [cell for cell in cells if not any(text in cell for text in left_out)]
    return "\n\n".join(_plain(cell, changes | _WORKSPACE) for cell in kept)


def _is_code(cell: dict[str, object]) -> bool:
    return cell["cell_type"] == "code"


def _plain(cell: str, changes: dict[str, str]) -> str:
    for text, other in changes.items():
        cell = cell.replace(text, other)
    if match := _WRITES.fullmatch(cell):
        return f"open(f{match['file']!r}, 'w').write({match['text']!r})"
    return _MAGIC.sub("", cell)
