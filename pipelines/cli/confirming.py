"""Asking before something is changed that matters, in the same words for every verb that does."""

import sys
from typing import Annotated

import typer

from config.errors import ConfigError

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]


def confirm(question: str, yes: bool, as_json: bool, *, dry_run: bool = True) -> None:
    """Ask, unless that was answered by --yes. ConfigError where nobody can be asked."""
    if yes:
        return
    if as_json or not sys.stdin.isatty():
        look = ", or only look with --dry-run" if dry_run else ""
        raise ConfigError(f"{question} Nobody can be asked here: say so with --yes{look}.")
    typer.confirm(question, abort=True, err=True)
