"""Images in one folder with a ``labels.csv``: the header ``file,label``, or ``file`` and columns of numbers, or JSON.

file,label            file,label                  file,value,value            file,outputs
0.jpg,cat             1.jpg,red|round             2.jpg,41.2,-7.5             3.jpg,"{""boxes"": [[0, 4]]}"
"""

import csv
from collections.abc import Sequence
from pathlib import Path

from pydantic import JsonValue

from config.errors import ModelError
from config.escaping.inert import inert_line
from steps.validation.samples.bodies import LONGEST_BODY
from steps.validation.samples.contents import Contents
from steps.validation.samples.json_lines import parse_json
from steps.validation.samples.sample import Listed, Listing, Said

FILE = "labels.csv"
HEADER = "file,label"
OUTPUTS = ["outputs"]
QUOTED = 'JSON stands in quotes, with those inside doubled, as in 3.jpg,"{""boxes"": [[0, 4]]}"'
MOST_BYTES = 256 * 2**20
LONGEST_LABEL = 1000  # characters
LONGEST_NAME = 200  # characters that a message shows


def list_labels(contents: Contents) -> Listing:
    """What labels.csv lists. ModelError when the file as a whole can't be used."""
    folder = contents.folder
    rows = _rows(folder)
    header, problems = rows[0], []
    samples: dict[int, Listed] = {}
    for line, row in enumerate(rows[1:], start=2):
        if row:
            try:
                samples[line] = _listed(contents, header, line, row)
            except ValueError as error:
                problems.append(f"{_where(folder, line)}: {error}")
    if not samples and not problems:
        raise ModelError(f"{folder.name}/{FILE}: no images are listed below the header")
    return Listing(list(samples.values()), [*problems, *_repeated(folder, samples)])


def _rows(folder: Path) -> list[list[str]]:
    path = folder / FILE
    csv.field_size_limit(LONGEST_BODY)  # of the csv module as a whole: 128 KiB by default, too little for a mask
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ModelError(f"{folder.name}/{FILE}: more than {MOST_BYTES:,} bytes: list fewer images")
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
    except OSError as error:
        raise ModelError(f"{folder.name}/{FILE}: can't be read: {error.strerror}") from None
    except csv.Error as error:
        raise ModelError(f"{folder.name}/{FILE}: not CSV: {error}") from None
    except UnicodeDecodeError as error:
        raise ModelError(f"{folder.name}/{FILE}: not UTF-8: {error.reason} at byte {error.start}") from None
    if not rows or not _is_header(rows[0]):
        found = ",".join(rows[0])[:200] if rows else "an empty file"
        raise ModelError(
            f"{folder.name}/{FILE}: the first line must be {HEADER}, or file,value of a regression, or file,outputs of "
            f"tensors, not {found}"
        )
    return rows


def _is_header(row: Sequence[str]) -> bool:
    first, *others = row or [""]
    return first == "file" and (others in (["label"], ["labels"], OUTPUTS) or _are_values(others))


def _are_values(columns: Sequence[str]) -> bool:
    return bool(columns) and all(column.startswith("value") for column in columns)


def _listed(contents: Contents, header: Sequence[str], line: int, row: Sequence[str]) -> Listed:
    if len(row) != len(header):
        quoted = f": {QUOTED}" if header[1:] == OUTPUTS else ""
        raise ValueError(f"{len(row)} columns, must be {len(header)} ({','.join(header)}){quoted}")
    file, *texts = row
    if Path(file).name != file:
        raise ValueError(
            f"{file[:200]!r} is a path, but a {FILE} lists files beside it, by their names alone: move them there, or "
            f"leave {FILE} out and give each class a folder"
        )
    longest = max((text for text in texts if len(text) > LONGEST_LABEL), default="")
    if longest and header[1:] != OUTPUTS:
        raise ValueError(f"a label of {len(longest):,} characters, of {LONGEST_LABEL:,} at most")
    shown = inert_line(file) if len(file) <= LONGEST_NAME else f"{inert_line(file[:LONGEST_NAME])}…"
    if file == FILE:
        raise ValueError(f"{FILE} lists itself: remove the line")
    if file not in contents.sizes:
        raise ValueError(f"{shown} is not in the folder: add it, or remove the line")
    return Listed(_where(contents.folder, line), file, _said(header, texts))


def _said(header: Sequence[str], texts: Sequence[str]) -> Said:
    if header[1:] == OUTPUTS:
        return {"outputs": parse_json(texts[0].encode())}
    values: list[JsonValue] = [*texts]
    return {"values": values} if _are_values(header[1:]) else {"label": texts[0]}


def _where(folder: Path, line: int) -> str:
    return f"{folder.name}/{FILE} line {line}"


def _repeated(folder: Path, samples: dict[int, Listed]) -> list[str]:
    """A line for each two that list one file: it would count twice, perhaps with two labels."""
    found, listed = [], dict[str, int]()
    for line, sample in samples.items():
        before = listed.setdefault(sample.name, line)
        if before != line:
            same = samples[before].said == sample.said
            mend = ": keep one of them" if same else f", {_as(samples[before])} and {_as(sample)}: keep the right one"
            found.append(f"{folder.name}/{FILE}: lines {before} and {line} both list {sample.name}{mend}")
    return found


def _as(sample: Listed) -> str:
    said = next(iter(sample.said.values()))
    return f"as {', '.join(map(str, said)) if isinstance(said, list) else said}"
