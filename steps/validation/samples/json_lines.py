"""JSON lines for tensors and texts: any ``*.jsonl``, an object a line with ``input`` and what it should give.

{"input": [5.1, 3.5, 1.4, 0.2], "label": "setosa"}
{"input": {"age": 41, "city": "Ghent"}, "value": 1250.0}
{"input": "never again", "labels": ["angry", "short"]}
{"input": [[1, 2], [3, 4]], "outputs": {"sum": [4, 6]}}
"""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from pydantic import JsonValue

from config.errors import ModelError
from steps.validation.samples.bodies import LONGEST_BODY
from steps.validation.samples.contents import Contents
from steps.validation.samples.sample import Listed, Listing

PATTERN = "[!.]*.jsonl"
"""Not `._samples.jsonl`, which macOS adds to zip files."""
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")
"""Half a character, as an escape or as the bytes that UTF-8 forbids and json.loads() takes."""
TRUTHS = ("label", "labels", "value", "values", "outputs")
EXAMPLE = '{"input": [1, 2], "label": 0}'
DEEPEST = 64
"""Levels of lists and objects; TensorFlow's tensors have 255 dimensions at most, those of models a handful."""


def is_lines(name: str) -> bool:
    """Whether a file of this path in the folder is one of those that are read."""
    return "/" not in name and not name.startswith(".") and name.endswith(".jsonl")


def list_lines(contents: Contents, example: str = EXAMPLE) -> Listing:
    """The samples of all JSON lines in the folder; ``example`` is one in the model's form."""
    samples, problems, folder = [], [], contents.folder
    for path in sorted(folder.glob(PATTERN)):
        for line, text in read_lines(folder, path):
            name = f"{path.name}:{line}"
            where = f"{folder.name}/{path.name} line {line}"
            try:
                samples.append(Listed(where, name, _said(text, example)))
            except ValueError as error:
                problems.append(f"{where}: {error}")
    return Listing(samples, problems)


def read_lines(folder: Path, path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of one file that aren't empty, with their numbers. ModelError when it can't be read."""
    try:
        with path.open("rb") as file:
            line = 0
            while text := file.readline(LONGEST_BODY + 1):
                line += 1
                if len(text) > LONGEST_BODY:
                    raise ModelError(
                        f"{folder.name}/{path.name} line {line}: more than the {LONGEST_BODY:,} bytes of a request"
                    )
                if text.strip():
                    yield line, text
    except OSError as error:
        raise ModelError(f"{folder.name}/{path.name}: can't be read: {error.strerror}") from None


def _said(text: bytes, example: str) -> dict[str, JsonValue]:
    """The line's truth, its input left where it is. ValueError for what is no sample."""
    document = parse_line(text, example)
    said = {key: document[key] for key in TRUTHS if key in document}
    if unknown := document.keys() - {"input", *TRUTHS}:
        raise ValueError(f"an unknown key {min(unknown)[:100]!r}: it may have input and {', '.join(TRUTHS)}")
    if len(said) != 1:
        raise ValueError(f"one of {', '.join(TRUTHS)} must say what the model should answer, here are {len(said)}")
    return said


def parse_line(text: bytes, example: str = EXAMPLE) -> dict[str, JsonValue]:
    """One line as its object, which has an input. ValueError for anything else."""
    document = parse_json(text)
    if not isinstance(document, dict) or "input" not in document:
        raise ValueError(f'must be an object with "input", as in {example}')
    return document


def parse_json(text: bytes) -> JsonValue:
    """ValueError for what isn't JSON, numbers that aren't finite, and what no request or answer is like."""
    try:
        document: JsonValue = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8: {error.reason} at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise ValueError(f"lists or objects are nested deeper than {DEEPEST} levels") from None
    if depth(document) > DEEPEST:
        raise ValueError(f"lists or objects are nested deeper than {DEEPEST} levels")
    _check_characters(text, document)
    return document


def _check_characters(text: bytes, document: JsonValue) -> None:
    """ValueError where half a character stands alone: JSON may have it, but UTF-8, which is sent, may not."""
    if SURROGATE.search(text):
        try:
            json.dumps(document, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            lone = f"\\u{ord(str(error.object)[error.start]):04x}"
            raise ValueError(f"{lone} is half a character: write both halves, or the character") from None


def depth(value: JsonValue) -> int:
    """Levels of lists and objects; a number or text has none."""
    level, found = [value], 0
    while level := [one for each in level for one in _inside(each)]:
        found += 1
    return found


def _inside(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, dict):
        return list(value.values()) or [None]
    return (value or [None]) if isinstance(value, list) else []


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text[:100]} is too great a number: leave the sample out")
    return number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON: leave the sample out")
