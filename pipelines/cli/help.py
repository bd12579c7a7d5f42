"""How `amlgpu --help` lays out verbs and options: plain lines, verbs by what they are for, shared options last."""

from collections.abc import Iterable
from typing import Any

from typer.core import TyperCommand, TyperGroup

from pipelines.cli.options import SHARED

NAMES = ["-h", "--help"]
LAST = (*SHARED, *NAMES)
EVERYWHERE = "Options of every verb"
WHOLE = 1000
"""More characters than a verb's first sentence has, which typer would else cut at the end of the line."""


class Verb(TyperCommand):
    """A verb whose own options stand before those that every verb has."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        sections: dict[str, list[Any]] = {"Arguments": [], "Options": [], EVERYWHERE: []}
        for parameter in sorted(self.get_params(ctx), key=_place):
            sections[_section(parameter)].append(_record(parameter, ctx))
        for title, records in sections.items():
            _write(formatter, title, filter(None, records))


class Verbs(TyperGroup):
    """The verbs under the titles that they were added with, each with the whole first sentence about it."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            verb: Any = self.get_command(ctx, name)
            if not verb.hidden:
                title = verb.rich_help_panel if isinstance(verb.rich_help_panel, str) else "Commands"
                sections.setdefault(title, []).append((name, verb.get_short_help_str(WHOLE)))
        for title, rows in sections.items():
            _write(formatter, title, rows)


def _section(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return "Arguments"
    return EVERYWHERE if parameter.opts[0] in LAST else "Options"


def _record(parameter: Any, ctx: Any) -> tuple[str, str] | None:
    """Name and help; an argument's without the type that typer puts behind its name."""
    record: tuple[str, str] | None = parameter.get_help_record(ctx)
    if record and parameter.param_type_name == "argument":
        return record[0].partition(" <")[0], record[1]
    return record


def _place(parameter: Any) -> int:
    return LAST.index(parameter.opts[0]) if parameter.opts[0] in LAST else -1


def _write(formatter: Any, title: str, rows: Iterable[tuple[str, str]]) -> None:
    if rows := list(rows):
        with formatter.section(title):
            formatter.write_dl(rows)
