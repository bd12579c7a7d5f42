"""`python -m docs.commands`: writes azure_cli.json, the options of the commands of az that this project names."""

import json
import sys
from collections.abc import Iterable
from typing import Any

from docs.commands import environment
from docs.commands.options import DOCUMENTED, OF_AZURE_CLI
from docs.commands.places import all_places
from docs.commands.shell import Command

EVERYWHERE = {"--output": "one", "-o": "one", "--query": "one", "--help": "nothing", "-h": "nothing"}


def main() -> None:
    if absent := environment.absent():
        sys.exit(f"error: {absent}")
    documented = json.loads(DOCUMENTED.read_text())["commands"]
    wanted = sorted(_names({place.command for place in all_places()}, documented))
    table = {
        "from": {"azure-cli": environment.version()},
        "everywhere": {"az": EVERYWHERE},
        "commands": _options(wanted),
    }
    OF_AZURE_CLI.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n")
    print(f"{OF_AZURE_CLI.name}: {len(wanted)} commands")


def _names(commands: Iterable[Command], documented: Iterable[str]) -> set[Command]:
    """Those of az without its extensions, up to their first option; azure-cli finds where the name ends."""
    words = (" ".join(command) for command in commands if command[0] == "az")
    plain = (one for one in words if not any(one.startswith(name) for name in documented))
    return {tuple(one.partition(" -")[0].split()[1:]) for one in plain}


def _options(wanted: list[Command]) -> dict[str, Any]:
    return {name: options for one in environment.ask("options", wanted) for name, options in one.items()}


if __name__ == "__main__":
    main()
