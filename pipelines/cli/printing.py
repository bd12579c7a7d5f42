"""How verbs print: standard output holds the answer, standard error everything else."""

import json
import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from config.errors import AmlGpuError
from config.escaping.inert import inert, inert_line
from config.exit_codes import ExitCode


def program() -> str:
    """How this program is typed here, quoted for a shell: by its path where the virtual environment isn't active."""
    return "amlgpu" if shutil.which("amlgpu") else shlex.quote(os.path.relpath(sys.argv[0]))


class _Console(Console):
    """Prints what comes from outside so that it acts on no terminal.

    Ends the program quietly where the reader has gone, as `| head` does; what it started in a workspace goes on.
    """

    def render_str(self, text: str, **options: Any) -> Text:
        """Of all that is printed, and each cell of a table."""
        return super().render_str(inert(text), **options)

    def on_broken_pipe(self) -> None:
        # rich's own asks sys.stdout, which open_target() replaces. What is still buffered is flushed to nowhere.
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())
        raise SystemExit(ExitCode.UNFORESEEN)


def answer_console() -> Console:
    """For the answer of a verb. Made before the target is opened: there, ``sys.stdout`` takes what the SDK prints."""
    return _Console(file=sys.stdout, highlight=False, emoji=False)


def side_console() -> Console:
    """For what isn't the answer: progress beside JSON, errors."""
    return _Console(stderr=True, highlight=False, emoji=False)


def say_unknown_commit() -> None:
    """What a release records of its code; silence where it records a commit."""
    from pipelines.source.checkout import source_commit

    if reason := source_commit().unknown_because:
        side_console().print(f"The code's git commit is recorded as unknown: {reason}", markup=False, soft_wrap=True)


def print_json(value: object, console: Console) -> None:
    console.print(json.dumps(value, indent=2), markup=False, soft_wrap=True)


def by_service(answers: Mapping[str, Any]) -> Any:
    """The only answer, or all of them by the service."""
    return next(iter(answers.values())) if len(answers) == 1 else dict(answers)


def print_service(service: str, services: Sequence[Any], console: Console) -> None:
    """A line above the answer of one of several services."""
    if len(services) > 1:
        console.print(f"[bold reverse] {service} [/]")


def print_facts(facts: Mapping[str, Any], console: Console) -> None:
    """One line a fact, names aligned, values whole so that an address can be copied; nested names get a dot."""
    flat = dict(_flatten(facts))
    width = max(map(len, flat), default=0)
    for name, value in flat.items():
        console.print(f"[dim]{name:<{width}}[/]  {escape(inert_line(value))}", soft_wrap=True)


def _flatten(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", text) for inner, text in _flatten(value))
        elif isinstance(value, list | tuple):
            yield name, ", ".join(map(str, value))
        else:
            yield name, "-" if value is None else str(value)


def print_rows(rows: Sequence[Mapping[str, Any]], console: Console) -> None:
    """A table with the keys of the first row as its head."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in rows[0]:
        table.add_column(name, overflow="fold")  # what is cut can't be looked up
    for row in rows:
        table.add_row(*(escape(inert_line(str(value))) for value in row.values()))
    console.print(table)


def print_error(error: AmlGpuError) -> None:
    side_console().print(f"[bold red]{type(error).__name__}:[/] {escape(str(error))}", soft_wrap=True)
