"""The text of a command: its placeholders, and whether it needs a shell."""

import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

from azureml_emulator.errors import BadRequest

_OPTIONAL = re.compile(r"\$\[\[(.*?)\]\]", re.DOTALL)
_REFERENCE = re.compile(r"\$\{\{\s*([^{}]*?)\s*\}\}")
_PLAIN = re.compile(r"[\w@%+=:,./-]+")
_SCRIPT = re.compile(r"python3? +([\w./-]+\.py)(?: [^;&|<>$`\\(){}*?\[\]~#!\n]*)?")
"""Of the words behind it, none means anything to a shell but by its quotes."""


def expand(text: str, values: Mapping[str, str]) -> str:
    """A command as it is run. `values` are by `inputs.NAME` and `outputs.NAME`.

    What is in `$[[…]]` goes where it names an input without a value. Raises BadRequest for any other such name.
    """

    def kept(block: re.Match[str]) -> str:
        return block[1] if all(name in values for name in _REFERENCE.findall(block[1])) else ""

    return _REFERENCE.sub(lambda found: _value(found[1], values), _OPTIONAL.sub(kept, text))


def check_references(text: str, known: Iterable[str], where: str) -> None:
    """Raises BadRequest for a placeholder that stands for none of the known names."""
    names = list(known)
    for name in _REFERENCE.findall(text):
        if name not in names:
            raise BadRequest(f"{where} names '${{{{{name}}}}}'; there is {', '.join(names) or 'nothing to name'}")


def without_optional(text: str) -> str:
    """Without what is in `$[[…]]`."""
    return _OPTIONAL.sub("", text)


def word(path: str, variable: str) -> str:
    """A path as one word for a shell, which finds one with spaces in a variable."""
    return path if _PLAIN.fullmatch(path) else f'"${variable}"'


def as_script(command: str, code: str) -> list[str]:
    """The script and its arguments where the command is no more than `python SCRIPT …`; else nothing.

    Such a script starts without a shell and without an interpreter of its own, which takes a quarter of the time.
    """
    found = _SCRIPT.fullmatch(command.strip())
    if not code or found is None or not _is_below(code, found[1]):
        return []
    try:
        return shlex.split(command)[1:]
    except ValueError:  # a quote without its end: the shell says so
        return []


def _is_below(code: str, script: str) -> bool:
    return ".." not in script.split("/") and not script.startswith("/") and Path(code, script).is_file()


def _value(name: str, values: Mapping[str, str]) -> str:
    if name not in values:
        raise BadRequest(f"the command names '${{{{{name}}}}}', which has no value: give it one, or put it in $[[ ]]")
    return values[name]
