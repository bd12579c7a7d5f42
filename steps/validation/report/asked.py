"""What a model was asked about a few samples, read again from their files: bodies aren't kept for a report."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from config.errors import ModelError
from steps.validation.report.thumbnails import thumbnail
from steps.validation.report.wording import compact, shortened
from steps.validation.samples.bodies import LINE_OF, read_bodies
from steps.validation.samples.json_lines import parse_line, read_lines


@dataclass(frozen=True)
class Asked:
    """What a sample holds, as people are shown it."""

    picture: str | None = None
    """Address of an image within the page; None: there is none."""
    text: str = ""
    """The row of JSON, or why there is nothing to see."""


def read_asked(folder: Path, names: Sequence[str]) -> dict[str, Asked]:
    """By the samples' names, one file in memory at a time. What can't be read is said in its place, never raised."""
    lines: dict[str, dict[int, str]] = {}
    asked: dict[str, Asked] = {}
    for name in names:
        if found := LINE_OF.fullmatch(name):
            lines.setdefault(found[1], {})[int(found[2])] = name
        else:
            asked[name] = _image(folder, name)
    for file, wanted in lines.items():
        asked |= _rows(folder, file, wanted)
    return asked


def _image(folder: Path, name: str) -> Asked:
    try:
        (body,) = read_bodies(folder, [name])
        return Asked(picture=thumbnail(body))
    except ModelError as error:
        return Asked(text=shortened(str(error)))


def _rows(folder: Path, file: str, wanted: dict[int, str]) -> dict[str, Asked]:
    """The inputs of the lines that are ``wanted``, by their names there."""
    asked, last = dict.fromkeys(wanted.values(), Asked(text="can't be read any more")), max(wanted)
    try:
        for line, text in read_lines(folder, folder / file):
            if line in wanted:
                asked[wanted[line]] = Asked(text=shortened(compact(parse_line(text)["input"])))
            if line >= last:
                break
    except (ModelError, ValueError) as error:
        print(f"for the report, {file} can't be read: {error}")
    return asked
