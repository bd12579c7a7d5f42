"""File names that aren't text: any bytes are a name on disk, and JSON, XML and addresses hold only text."""

import os
from collections.abc import Iterator
from pathlib import Path


def is_text(name: str) -> bool:
    """Whether the bytes of a name are UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def readable(name: str) -> str:
    r"""The name with bytes that aren't UTF-8 spelled out: caf\xe9.txt."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def files_below(folder: Path) -> Iterator[Path]:
    """The plain files, also those that a link leads to: no pipe is waited for, no link to a folder followed."""
    for parent, _, names in os.walk(folder):
        yield from (file for name in sorted(names) if (file := Path(parent, name)).is_file())


def spell_out(folder: Path) -> None:
    """Rename what lies below a folder so that all names are text. A name that is taken already stays as it is."""
    for parent, folders, names in os.walk(folder, topdown=False):
        for name in (*names, *folders):
            target = Path(parent, readable(name))
            if not is_text(name) and not target.exists():
                Path(parent, name).rename(target)
