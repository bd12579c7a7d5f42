"""The bodies of the requests that ask about samples, read from the files that the samples' names tell."""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import JsonValue

from config.errors import ModelError

LINE_OF = re.compile(r"(.+\.jsonl):([1-9]\d{0,8})")
LONGEST_BODY = 10 * 2**20  # bytes: what the service takes, scoring.settings.ServiceSettings.max_body_bytes


def request_of(row: JsonValue) -> bytes:
    """The body that asks about one row, in TensorFlow Serving's row form."""
    return json.dumps({"instances": [row]}, ensure_ascii=False, allow_nan=False).encode()


def files_of(names: Iterable[str]) -> list[str]:
    """The files that samples of these names are read from, each once."""
    return list(dict.fromkeys(found[1] if (found := LINE_OF.fullmatch(name)) else name for name in names))


def read_bodies(folder: Path, names: Sequence[str]) -> list[bytes]:
    """The bodies of the samples of these names, in their order. ModelError names what can't be read."""
    lines: dict[str, list[bytes]] = {}
    return [
        _line(folder, found, lines) if (found := LINE_OF.fullmatch(name)) else _file(folder, name) for name in names
    ]


def _line(folder: Path, found: re.Match[str], lines: dict[str, list[bytes]]) -> bytes:
    file, number = found[1], int(found[2])
    try:
        if file not in lines:
            lines[file] = (folder / file).read_bytes().split(b"\n")
        return request_of(json.loads(lines[file][number - 1])["input"])
    except OSError as error:
        raise ModelError(f"{folder.name}/{file}: can't be read: {error.strerror}") from None
    except (IndexError, ValueError, KeyError, TypeError):
        raise ModelError(f"{folder.name}/{file} line {number}: holds no sample any more") from None


def _file(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        size = path.stat().st_size
        if size > LONGEST_BODY:
            raise ModelError(f"{folder.name}/{name}: {size:,} bytes, the service takes {LONGEST_BODY:,} at most")
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{folder.name}/{name}: can't be read: {error.strerror}") from None
