"""azure-cli's own parser. Runs in .venv-az, whose azure-cli knows nothing of this project.

`python azure_cli.py options` and `python azure_cli.py parse` read a JSON list of commands, each a list of words without
`az`, and write JSON: the options that it has, or the reason why it is refused, null where it isn't.
"""

import argparse
import contextlib
import io
import json
import sys
from typing import Any

from azure.cli.core import get_default_cli
from azure.cli.core.commands.events import EVENT_INVOKER_POST_LOAD_ARGUMENTS, EVENT_INVOKER_PRE_LOAD_ARGUMENTS


class Invocation:
    """What azure-cli does up to the parsed arguments: its AzCliCommandInvoker.execute() goes on and runs it."""

    def __init__(self, cli: Any, words: list[str]) -> None:
        made = cli.invocation_cls(
            cli_ctx=cli,
            parser_cls=cli.parser_cls,
            commands_loader_cls=cli.commands_loader_cls,
            help_cls=cli.help_cls,
        )
        cli.invocation = made
        loader = made.commands_loader
        loader.load_command_table(words)
        self.command = made._rudimentary_get_command(words)
        made.data["command_string"] = self.command
        if self.command not in loader.command_table:
            raise ValueError(f"there is no command az {self.command}")
        loader.command_table = {self.command: loader.command_table[self.command]}
        cli.raise_event(EVENT_INVOKER_PRE_LOAD_ARGUMENTS, commands_loader=loader)
        loader.load_arguments(self.command)
        cli.raise_event(EVENT_INVOKER_POST_LOAD_ARGUMENTS, commands_loader=loader)
        made.parser.cli_ctx = cli
        made.parser.load_command_table(loader)
        self.parser = made.parser

    def options(self) -> dict[str, Any]:
        *group, last = self.command.split()
        found = self.parser.subparsers[tuple(group)].choices[last]._actions
        actions = [action for action in found if action.help != argparse.SUPPRESS]
        named = [action for action in actions if action.option_strings]
        return {
            "takes": {str(name): _takes(action.nargs) for action in named for name in action.option_strings},
            "required": [list(map(str, action.option_strings)) for action in named if action.required],
            "words": len(named) < len(actions),
        }


def _takes(nargs: object) -> str:
    return "nothing" if nargs == 0 else "one" if nargs is None else "many"


def options(cli: Any, words: list[str]) -> dict[str, Any]:
    found = Invocation(cli, words)
    return {f"az {found.command}": found.options()}


def refusal(cli: Any, words: list[str]) -> str | None:
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            Invocation(cli, words).parser.parse_args(words)
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- it raises all kinds, and some only print
        return said.getvalue().strip() or str(error)
    return None


if __name__ == "__main__":
    doing = {"options": options, "parse": refusal}[sys.argv[1]]
    cli = get_default_cli()
    json.dump([doing(cli, words) for words in json.load(sys.stdin)], sys.stdout)
