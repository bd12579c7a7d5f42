"""How verbs print: standard output holds the answer, standard error everything else."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from config.errors import AmlGpuError


def answer_console() -> Console:
    """For the answer of a verb. Made before the target is opened: there, ``sys.stdout`` takes what the SDK prints."""
    return Console(file=sys.stdout, highlight=False)


def side_console() -> Console:
    """For what isn't the answer: progress beside JSON, errors."""
    return Console(stderr=True, highlight=False)


def print_json(value: object, console: Console) -> None:
    console.print(json.dumps(value, indent=2), markup=False, soft_wrap=True)


def print_facts(facts: Mapping[str, Any], console: Console) -> None:
    """One line a fact, names aligned."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, value in facts.items():
        table.add_row(name, escape(str(value)))
    console.print(table)


def print_rows(rows: Sequence[Mapping[str, Any]], console: Console) -> None:
    """A table with the keys of the first row as its head."""
    table = Table(*rows[0], box=None, padding=(0, 2, 0, 0))
    for row in rows:
        table.add_row(*(escape(str(value)) for value in row.values()))
    console.print(table)


def print_error(error: AmlGpuError) -> None:
    side_console().print(f"[bold red]{type(error).__name__}:[/] {escape(str(error))}", soft_wrap=True)
