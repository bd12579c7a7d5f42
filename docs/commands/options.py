"""The options that each tool's commands have, as its own parser or its documentation says, and what they refuse."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from docs.commands.shell import Command

FOLDER = Path(__file__).parent
OF_AZURE_CLI = FOLDER / "azure_cli.json"
"""Generated: `python -m docs.commands`."""
DOCUMENTED = FOLDER / "documented.json"
"""Written by hand, with its sources: tools and extensions that can't be installed with the tests."""
Takes = Literal["nothing", "one", "many"]


@dataclass(frozen=True)
class Options:
    """Those of one command."""

    takes: Mapping[str, Takes]
    """By each of their names."""
    required: Sequence[Sequence[str]]
    """Of each option that has to be given, its names."""
    words: bool
    """Whether there may be arguments without a name."""


@cache
def known() -> dict[str, Options]:
    """By tool and command, such as ``az aks create``."""
    tables = [json.loads(file.read_text()) for file in (OF_AZURE_CLI, DOCUMENTED)]
    return {
        name: Options({**table["everywhere"].get(name.split()[0], {}), **one["takes"]}, one["required"], one["words"])
        for table in tables
        for name, one in table["commands"].items()
    }


def name_of(command: Command) -> str | None:
    """The tool and the words by which it knows the command; None of one that isn't in the tables."""
    names = (" ".join(command[:count]) for count in range(len(command), 1, -1))
    return next((name for name in names if name in known()), None)


def refusal(command: Command, *, whole: bool) -> str | None:
    """Why the tool wouldn't take it; None where it would. Of one that isn't ``whole`` nothing is missing."""
    name = name_of(command)
    if name is None:
        return (
            "there is no such command in docs/commands/*.json: `python -m docs.commands`, or add it to documented.json"
        )
    options, given, words = known()[name], set[str](), list(command[len(name.split()) :])
    while words:
        word = words.pop(0)
        option, equals, _ = word.partition("=")
        if word == "-" or not word.startswith("-"):
            if not options.words:
                return f"{name} takes no {word}"
            continue
        takes = options.takes.get(option)
        if takes is None:
            return f"{name} has no option {option}"
        given.add(option)
        if not equals and (lacks := _take(words, takes, whole=whole)):
            return f"{name} {option} {lacks}"
    missing = [names[0] for names in options.required if not given & set(names)]
    return f"{name} needs {', '.join(missing)}" if missing and whole else None


def _take(words: list[str], takes: Takes, *, whole: bool) -> str | None:
    """The values of an option, off the words; what is wrong with them."""
    if takes == "nothing":
        return None
    if not words or (words[0].startswith("-") and words[0] != "-"):
        return "has no value" if whole else None
    words.pop(0)
    while takes == "many" and words and not words[0].startswith("-"):
        words.pop(0)
    return None
