"""Labelled images: a folder of files and a ``labels.csv`` with the columns ``file`` and ``label``."""

import csv
import random
from dataclasses import dataclass
from pathlib import Path

from config.errors import ModelError

LABELS = "labels.csv"
COLUMNS = ["file", "label"]
SEED = 20
LONGEST_LABEL = 9  # digits


@dataclass(frozen=True)
class LabelledImage:
    """One encoded image and its class index."""

    file: str
    image: bytes
    label: int


def read_labels(folder: Path) -> list[tuple[str, int]]:
    """The rows of labels.csv in ``folder`` as (file, class index); ModelError names the line that is wrong."""
    path = folder / LABELS
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
    except FileNotFoundError:
        raise ModelError(f"{folder.name}: no {LABELS} in it: write one with the header {','.join(COLUMNS)}") from None
    except OSError as error:
        raise ModelError(f"{folder.name}/{LABELS}: can't be read: {error.strerror}") from None
    except csv.Error as error:
        raise ModelError(f"{folder.name}/{LABELS}: not CSV: {error}") from None
    except UnicodeDecodeError as error:
        raise ModelError(f"{folder.name}/{LABELS}: not UTF-8: {error.reason} at byte {error.start}") from None
    if not rows or rows[0] != COLUMNS:
        found = ",".join(rows[0]) if rows else "an empty file"
        raise ModelError(f"{folder.name}/{LABELS}: the first line must be {','.join(COLUMNS)}, not {found}")
    labels = {line: _parse(folder, line, row) for line, row in enumerate(rows[1:], start=2) if row}
    if not labels:
        raise ModelError(f"{folder.name}/{LABELS}: no images are listed below the header")
    _refuse_repeated(folder, labels)
    return list(labels.values())


def load_images(folder: Path, count: int) -> list[LabelledImage]:
    """Read ``count`` labelled images of ``folder``, or all when it is 0 or more than there are.

    The choice is the same for the same labels.csv, whatever the machine: two runs can be compared.
    """
    labels = read_labels(folder)
    if 0 < count < len(labels):
        labels = random.Random(SEED).sample(labels, count)  # noqa: S311 -- a choice of images, not a secret
    return [LabelledImage(file, read_image(folder, file), label) for file, label in labels]


def read_image(folder: Path, file: str) -> bytes:
    """The bytes of one image listed in labels.csv."""
    try:
        return (folder / file).read_bytes()
    except OSError as error:
        raise ModelError(f"{folder.name}/{LABELS} lists {file}, which can't be read: {error.strerror}") from None


def _refuse_repeated(folder: Path, labels: dict[int, tuple[str, int]]) -> None:
    """ModelError when two lines list one file: it would count twice, perhaps with two labels."""
    listed: dict[str, int] = {}
    for line, (file, label) in labels.items():
        before = listed.setdefault(file, line)
        if before != line:
            same = labels[before][1] == label
            mend = ": keep one of them" if same else f", as {labels[before][1]} and as {label}: keep the right one"
            raise ModelError(f"{folder.name}/{LABELS}: lines {before} and {line} both list {file}{mend}")


def _parse(folder: Path, line: int, row: list[str]) -> tuple[str, int]:
    where = f"{folder.name}/{LABELS} line {line}"
    if len(row) != len(COLUMNS):
        raise ModelError(f"{where}: {len(row)} columns, must be {len(COLUMNS)} ({','.join(COLUMNS)})")
    file, label = row
    if Path(file).name != file:
        raise ModelError(f"{where}: {file!r} must be the name of a file in the same folder")
    if len(label) > LONGEST_LABEL:
        raise ModelError(f"{where}: label {label[:LONGEST_LABEL]}… must be a class index: 0, 1, 2, …")
    if not (label.isascii() and label.isdigit()):
        raise ModelError(f"{where}: label {label!r} must be a class index: 0, 1, 2, …")
    if not (folder / file).is_file():
        raise ModelError(f"{where}: {file} is not in the folder: add it, or remove the line")
    return file, int(label)
