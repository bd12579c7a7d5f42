"""The results as tables, for a terminal and for docs/sizes.md."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.table import Table

from benchmarks.sizes.release import PARTS, Part

Results = dict[str, dict[str, Part]]
"""By size and part."""
HEAD = "seconds, MB"
FILE = "sizes.json"


def read(output: Path) -> Results:
    """What is in a file of results; nothing where there is none."""
    if not output.is_file():
        return {}
    sizes = json.loads(output.read_text())["results"]
    return {size: {name: Part(**part) for name, part in parts.items()} for size, parts in sizes.items()}


def table(results: Results) -> Table:
    """For a terminal: a row a part, a column a size."""
    shown = Table(HEAD, *results)
    for column in shown.columns[1:]:
        column.justify = "right"
    for row in _rows(results):
        shown.add_row(*row)
    return shown


def markdown(results: Results) -> str:
    """The same for a page."""
    lines: list[Sequence[str]] = [[HEAD, *results], ["---", *("---:" for _ in results)], *_rows(results)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _rows(results: Results) -> Iterator[Sequence[str]]:
    for part in PARTS:
        yield [part, *(_cell(parts[part]) for parts in results.values())]


def _cell(part: Part) -> str:
    seconds = "" if part.seconds is None else f"{part.seconds:g} s, "
    return f"{seconds}{part.megabytes:,.0f} MB"
