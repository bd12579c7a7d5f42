"""The bodies of the requests that ask about samples, read from the files that the samples' names tell."""

import json
import re
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import JsonValue

from config.errors import ModelError
from steps.validation.samples.contents import Contents, contents_of

LINE_OF = re.compile(r"(.+\.jsonl):([1-9]\d{0,8})")
LONGEST_BODY = 10 * 2**20  # bytes: what the service takes, scoring.settings.ServiceSettings.max_body_bytes


def request_of(row: JsonValue) -> bytes:
    """The body that asks about one row, in TensorFlow Serving's row form."""
    return json.dumps({"instances": [row]}, ensure_ascii=False, allow_nan=False).encode()


def files_of(names: Iterable[str]) -> list[str]:
    """The files that samples of these names are read from, each once."""
    return list(dict.fromkeys(found[1] if (found := LINE_OF.fullmatch(name)) else name for name in names))


def read_bodies(data: Path | Contents, names: Sequence[str]) -> list[bytes]:
    """The bodies of a few samples, in the order of their names. ModelError names what can't be read."""
    bodies = Bodies(Contents(data, {}) if isinstance(data, Path) else data)
    return [bodies.read(name) for name in names]


class Bodies:
    """Reads the body of one sample of a folder after the other, and holds none of them; threads may share it."""

    def __init__(self, data: Path | Contents) -> None:
        self._contents = contents_of(data)
        self._lines: dict[str, array[int]] = {}

    def check(self, name: str) -> None:
        """ModelError where it is plain, without a look into it, that the service wouldn't take it."""
        if LINE_OF.fullmatch(name) is None:
            self._check_size(name, self._contents.sizes[name])

    def read(self, name: str) -> bytes:
        """ModelError, which names the file, where it can't be read."""
        return self._line(found[1], int(found[2])) if (found := LINE_OF.fullmatch(name)) else self._file(name)

    def _line(self, file: str, number: int) -> bytes:
        try:
            with (self._contents.folder / file).open("rb") as opened:
                if file not in self._lines:
                    self._lines[file] = _starts(opened)
                opened.seek(self._lines[file][number - 1])
                return request_of(json.loads(opened.readline())["input"])
        except OSError as error:
            raise ModelError(f"{self._called}/{file}: can't be read: {error.strerror}") from None
        except (IndexError, ValueError, KeyError, TypeError):
            raise ModelError(f"{self._called}/{file} line {number}: holds no sample any more") from None

    def _file(self, name: str) -> bytes:
        path = self._contents.folder / name
        try:
            self._check_size(name, path.stat().st_size)
            return path.read_bytes()
        except OSError as error:
            raise ModelError(f"{self._called}/{name}: can't be read: {error.strerror}") from None

    def _check_size(self, name: str, size: int) -> None:
        if size > LONGEST_BODY:
            raise ModelError(f"{self._called}/{name}: {size:,} bytes, the service takes {LONGEST_BODY:,} at most")

    @property
    def _called(self) -> str:
        return self._contents.folder.name


def _starts(lines: Iterable[bytes]) -> "array[int]":
    """Where each line of a file begins: of 50,000 lines, 400 kB in place of all that they say."""
    starts, position = array("Q"), 0
    for line in lines:
        starts.append(position)
        position += len(line)
    return starts
